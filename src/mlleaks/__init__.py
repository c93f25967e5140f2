"""Membership inference after ML-Leaks: tells whether a classifier leaks who was in its training set.

The public names stand in ``__init__.pyi``, the only list of them; each is imported when it is first used,
so that ``import mlleaks`` costs nothing.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__all__ += ["__version__"]
