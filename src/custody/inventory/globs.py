"""See `custody.model.globs`."""

from custody.model.globs import compile_globs

__all__ = ["compile_globs"]
