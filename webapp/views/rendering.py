"""Rendering: how templates are compiled and called.

A page has more than a thousand places to fill in, and Jinja's own code wraps what it escapes
before it joins it, and calls a function of Python for each attribute and each macro it looks up.
The code made here does the same to the letter, with fewer calls.
"""

from types import BuiltinMethodType, FunctionType, MethodType
from typing import Any

from flask.templating import Environment as FlaskEnvironment
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame, optimizeconst
from jinja2.runtime import Context, Macro
from jinja2.utils import internalcode

# Not public: the part of ``escape`` that is written in C, without the Markup made of its text.
from markupsafe import Markup, _escape_inner, escape  # type: ignore[attr-defined]

_FUNCTIONS = frozenset((FunctionType, MethodType, BuiltinMethodType))


def escaped(value: Any) -> str:
    """What ``markupsafe.escape`` makes of a value, as text that is joined at once."""
    kind = type(value)
    if kind is str:
        return _escape_inner(value)
    if kind is Markup:
        return value  # type: ignore[no-any-return]
    return str(value) if kind is int else escape(value)


class _Calling(Context):
    """Jinja's context, which does not ask macros and plain functions what they are to be passed."""

    @internalcode
    def call(self, called: Any, /, *arguments: Any, **named: Any) -> Any:
        """The result of a call in a template."""
        kind = type(called)
        if kind is Macro:
            arguments = (self.eval_ctx, *arguments)
        elif kind not in _FUNCTIONS or hasattr(called, "jinja_pass_arg"):
            return super().call(called, *arguments, **named)
        named.pop("_block_vars", None)
        named.pop("_loop_vars", None)
        return called(*arguments, **named)


class _Generator(CodeGenerator):
    """Jinja's compiler, but for how values are escaped and attributes are found."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802
        """A template, as a module of Python."""
        self.writeline(f"from {__name__} import escaped")
        super().visit_Template(node, frame)

    @optimizeconst
    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802
        """An attribute; what has none is asked for an item of that name, by Jinja."""
        of, found = self.temporary_identifier(), self.temporary_identifier()
        self.write(f"({found} if ({found} := getattr(({of} := ")
        self.visit(node.node, frame)
        self.write(f"), {node.attr!r}, missing)) is not missing")
        self.write(f" else environment.getattr({of}, {node.attr!r}))")

    def _output_child_pre(
        self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo
    ) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("escaped(")


class Environment(FlaskEnvironment):
    """The environment of our pages."""

    code_generator_class = _Generator
    context_class = _Calling
