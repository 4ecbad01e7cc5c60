"""What registering a hook returns."""
import itertools

_keys = itertools.count()


class RemovableHandle:
    """``remove()`` takes the hook away again; so does leaving its ``with`` block.

    Parameters
    ----------
    hooks : dict
        Where the hooks are kept, in the order they run.
    hook : callable
        The function to add.
    """

    def __init__(self, hooks, hook):
        self._hooks, self._key = hooks, next(_keys)
        hooks[self._key] = hook

    def remove(self):
        """Take the hook away; twice does no harm."""
        self._hooks.pop(self._key, None)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.remove()
