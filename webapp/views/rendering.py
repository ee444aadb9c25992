"""Rendering: how templates are compiled and called.

A page has more than a thousand places to fill in, and Jinja's own code wraps what it escapes
before it joins it, and calls a function of Python for each attribute and each macro it looks up.
The code made here does the same to the letter, with fewer calls.
"""

import io
from collections.abc import Callable, MutableMapping
from decimal import Decimal
from functools import partial
from types import BuiltinMethodType, FunctionType, MethodType
from typing import Any

from flask.templating import Environment as FlaskEnvironment
from jinja2 import nodes, pass_eval_context
from jinja2.compiler import CodeGenerator, Frame, MacroRef, optimizeconst
from jinja2.nodes import EvalContext
from jinja2.runtime import Context, Macro
from jinja2.utils import internalcode, missing

# Not public: the part of ``escape`` that is written in C, without the Markup made of its text.
from markupsafe import Markup, _escape_inner, escape  # type: ignore[attr-defined]

#: What a template has written is text, and needs no look whether it is something else.
_AS_MARKUP: Callable[[str], Markup] = partial(str.__new__, Markup)
_NUMBERS = frozenset((int, float, Decimal))
_FUNCTIONS = frozenset((FunctionType, MethodType, BuiltinMethodType))
_EVAL_CONTEXT = pass_eval_context(lambda _: None).jinja_pass_arg  # type: ignore[attr-defined]


def escaped(value: Any) -> str:
    """What ``markupsafe.escape`` makes of a value, as text that is joined at once."""
    kind = type(value)
    if kind is str:
        return _escape_inner(value)
    if kind is Markup:
        return value  # type: ignore[no-any-return]
    return str(value) if kind in _NUMBERS else escape(value)


class _Calling(Context):
    """Jinja's context, which knows what macros and functions are to be passed."""

    def __init__(
        self,
        environment: Any,
        parent: dict[str, Any],
        name: str | None,
        blocks: dict[str, Any],
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002  Jinja's name
    ) -> None:
        # No template has globals of its own, for which imported ones would be made anew.
        super().__init__(environment, parent, name, blocks)

    @internalcode
    def call(self, called: Any, /, *arguments: Any, **named: Any) -> Any:
        """The result of a call in a template."""
        kind = type(called)
        if kind is Part:
            arguments = (self.eval_ctx, *arguments)
        elif kind in _FUNCTIONS:
            passed = getattr(called, "jinja_pass_arg", None)
            if passed is _EVAL_CONTEXT:
                arguments = (self.eval_ctx, *arguments)
            elif passed is not None:
                return super().call(called, *arguments, **named)
        else:
            return super().call(called, *arguments, **named)
        return called(*arguments, **named)


class Part(Macro):
    """A macro: most are called with fewer arguments than they take."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._is_unusual = self.catch_kwargs or self.catch_varargs or self.explicit_caller

    @internalcode
    @pass_eval_context
    def __call__(self, *arguments: Any, **named: Any) -> str:
        """What it writes."""
        if self._is_unusual or not arguments or type(arguments[0]) is not EvalContext:
            return super().__call__(*arguments, **named)
        values = list(arguments[1:])
        found = 0
        for name in self.arguments[len(values) :]:
            if name in named:
                found += 1
                values.append(named[name])
            else:
                values.append(missing)
        if self.caller:
            caller = named.get("caller")
            found += "caller" in named
            if caller is None:
                caller = self._environment.undefined("No caller defined", name="caller")
            values.append(caller)
        if found != len(named) or len(arguments) - 1 > self._argument_count:
            return super().__call__(*arguments, **named)  # it says what is wrong
        written = self._func(*values)
        return _AS_MARKUP(written) if arguments[0].autoescape else written


class _Generator(CodeGenerator):
    """Jinja's compiler, but for how values are escaped and attributes are found."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802
        """A template, as a module of Python."""
        self.writeline(f"from {__name__} import Part, escaped")
        super().visit_Template(node, frame)

    @optimizeconst
    def visit_Call(  # noqa: N802
        self, node: nodes.Call, frame: Frame, forward_caller: bool = False
    ) -> None:
        """A call. What a block or a loop has set is not brought along: nothing that our templates
        call looks at their variables.
        """
        self.write("context.call(")
        self.visit(node.node, frame)
        self.signature(node, frame, {"caller": "caller"} if forward_caller else None)
        self.write(")")

    @optimizeconst
    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802
        """An attribute; what has none is asked for an item of that name, as Jinja does it."""
        of, found = self.temporary_identifier(), self.temporary_identifier()
        self.write(f"({found} if ({found} := getattr(({of} := ")
        self.visit(node.node, frame)
        self.write(f"), {node.attr!r}, missing)) is not missing")
        self.write(f" else environment.item({of}, {node.attr!r}))")

    def macro_def(self, macro_ref: MacroRef, frame: Frame) -> None:
        """The object of a macro: ours."""
        before, written = self.stream, io.StringIO()
        self.stream = written
        super().macro_def(macro_ref, frame)
        self.stream = before
        self.write(written.getvalue().replace("Macro(", "Part(", 1))

    def _output_child_pre(
        self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo
    ) -> None:
        if isinstance(node, nodes.CondExpr) and node.expr2 is None:
            # What is written of nothing is nothing; it needs no object that says so.
            node.expr2 = nodes.Const("")
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("escaped(")


class Environment(FlaskEnvironment):
    """The environment of our pages."""

    code_generator_class = _Generator
    context_class = _Calling

    def item(self, of: Any, name: str) -> Any:
        """The item of something that has no attribute of this name."""
        try:
            return of[name]
        except (TypeError, LookupError, AttributeError):
            return self.undefined(obj=of, name=name)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The globals of a template: those of all, as they are."""
        return super().make_globals(d) if d else self.globals
