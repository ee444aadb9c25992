"""Wording: a text of the interface uses the terms agreed on and none of the former ones."""

import re

from babel.messages.pofile import read_po

from webapp.settings import ROOT

#: Former phrases, in lower case. The term in use is in the same row of the interface.
FORMER_PHRASES = (
    "a command on the machine", "all but removed", "all of it was", "answers again",
    "answers everybody", "any more", "as if somebody", "as its partner", "as the browser has it",
    "at work on", "begun by", "by itself", "certificates to draw", "counter tells",
    "customer after customer", "customers whose pages shall become trees", "data collector",
    "dated back", "dated back over", "dates the pages back", "dates their pages back",
    "fallen silent", "first night runs", "first one waits", "follows by itself",
    "from the palette", "gain waits", "gains wait", "goes along", "has a fault of its own",
    "health so far", "heard again", "held pages", "here is what came of it", "hold in a part",
    "how it will look", "in the browser", "in the dark", "in the light", "in vain",
    "is most often a slip", "is no colour", "is no partner", "is no region", "is no time zone",
    "is tried before", "issued through", "it brought", "it stands on", "last heard",
    "last nights", "latest day", "left alone", "let it go on", "login at printerpoint",
    "logins at printerpoint", "look which nights", "machines can print", "make a link",
    "make a token", "make the link", "may not do this", "most often", "name nobody",
    "name the holder", "needs a person", "never written to", "new account:", "new password again",
    "no customer's name or id holds", "no job has failed", "no login yet", "no longer answers",
    "not in the fleet", "not listed any more", "nothing is lost", "nothing new",
    "nothing unusual", "nothing waits", "one feed, by hand", "pages a day", "pages a month",
    "pages a tree", "pages are told", "pages open", "pages so far", "pages that are told later",
    "password again", "password of before", "pasted anew", "please correct", "present password",
    "printers with news", "public address", "questions and troubles", "readings around it",
    "register a server", "register your server", "rounded for itself", "rows of the fleet",
    "shall become", "show the figures", "show what i typed", "silent feeds", "silent for",
    "somebody of a customer", "stand for one tree", "start page", "summed apart",
    "summed apart and compared", "switch it off", "switch it on", "take it as a reset",
    "take the decision back", "tell the same", "the counter tells", "the factor used",
    "the figures are", "the first reading is the baseline", "the first steps", "the night of",
    "the ticked", "the trouble is", "tick at least", "tick customers", "tied to",
    "took the invitation", "trees so far", "tried next", "try and save", "turned unhealthy",
    "turns unhealthy", "unless new data", "untied", "wait for a person", "wait in line",
    "was counted stays", "was read until", "what happened lately", "what is stored",
    "what it brought", "what it says", "what it states", "what needs a person",
    "what others may see", "what to do with", "what you are told", "what you choose",
    "whoever has", "whose pages count", "within the last minutes", "without a word",
    "you are told", "you may not",
)  # fmt: skip
_FORMER = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, FORMER_PHRASES))})")
#: Printed by commands, whose texts scripts may read; no page has it.
_OF_COMMANDS = {
    "%(month)s of %(account)s waits for the night of %(date)s of server %(server)s (id %(id)s); "
    "collect it first"
}
_PLACEHOLDER = re.compile(r"%\(\w+\)s")
_COMMENT = re.compile(r"{#.*?#}", re.DOTALL)
_CODE = re.compile(r"{%(?!-? *trans).*?%}|<[^>]*>", re.DOTALL)


def former(text: str) -> list[str]:
    """Return the former phrases in a text."""
    words = " ".join(text.lower().replace("’", "'").split())
    return _FORMER.findall(words)


def test_the_catalogue_has_no_former_phrase() -> None:
    with (ROOT / "webapp/translations/es/LC_MESSAGES/messages.po").open("rb") as catalogue:
        messages = [message.id for message in read_po(catalogue) if message.id]
    texts = [one for each in messages for one in ([each] if isinstance(each, str) else each)]

    found = {text: former(_PLACEHOLDER.sub("", text)) for text in texts if text not in _OF_COMMANDS}

    assert {text: phrases for text, phrases in found.items() if phrases} == {}


def test_no_template_has_a_former_phrase() -> None:
    files = (ROOT / "templates").rglob("*.html")

    found = {
        str(file.relative_to(ROOT)): former(_CODE.sub(" ", _COMMENT.sub(" ", file.read_text())))
        for file in files
    }

    assert {file: phrases for file, phrases in found.items() if phrases} == {}
