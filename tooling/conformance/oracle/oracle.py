"""Runs programs on CPython's own asyncio in virtual time and answers with their traces.

One JSON object a line in: {"id": 7, "source": "..."}; one a line out: {"id": 7, "trace": ["1 0 4", ...]},
or {"id": 7, "skip": "tie"} when two timers of the program had the same deadline (CPython's heap promises no order then),
or {"id": 7, "skip": "endless"} when it did not come to rest, or {"id": 7, "failed": "..."} when the source was wrong.

The loop's time unit is the millisecond: asyncio never looks at what its numbers mean. Where CPython iterates over a set,
whose order depends on addresses, the set is replaced by one that keeps insertion order; nothing else is changed.
"""
import asyncio
import gc
import inspect
import json
import os
import re
import sys
import traceback
import warnings

# The longest of 20,000 programs that come to rest takes 110 turns; beyond this a callback adds itself again for ever.
MOST_TURNS = 500
# Such a callback may also add itself twice, and then there are soon too many of them for one turn.
MOST_LINES = 2000


class OrderedSet(dict):
    """A set with the order of insertion."""

    def __init__(self, items=()):
        super().__init__((item, True) for item in items)

    def add(self, item):
        self[item] = True

    def remove(self, item):
        del self[item]

    def discard(self, item):
        self.pop(item, None)


def pin_set_order():
    asyncio.tasks.set = OrderedSet
    asyncio.taskgroups.set = OrderedSet
    # A function until 3.12, a class of iterators since.
    name = "_AsCompletedIterator" if hasattr(asyncio.tasks, "_AsCompletedIterator") else "as_completed"
    source = inspect.getsource(getattr(asyncio.tasks, name))
    ordered, found = re.subn(r"\{(ensure_future\((\w+), loop=loop\) for \2 in set\(\w+\))\}", r"set(\1)", source)
    if found != 1:
        raise NotImplementedError(f"as_completed of Python {sys.version.split()[0]} keeps its futures in an unknown way")
    exec(compile(ordered, asyncio.tasks.__file__, "exec"), asyncio.tasks.__dict__)
    if name == "as_completed":
        asyncio.as_completed = asyncio.tasks.as_completed


class VirtualLoop(asyncio.BaseEventLoop):
    """asyncio's loop with a clock that jumps to the next deadline when nothing is ready."""

    def __init__(self, idle):
        super().__init__()
        self._selector = self
        self._idle = idle
        self._now = 0
        self.tasks = []
        self.turn = 0
        self.skip = None

    def time(self):
        return self._now

    def select(self, timeout):
        if timeout is None:
            self._idle()
            self.stop()
        elif timeout > 0:
            self._now += timeout
        return ()

    def call_at(self, when, callback, *args, context=None):
        if any(handle._when == when and not handle._cancelled for handle in self._scheduled):
            self.skip = "tie"
        return super().call_at(when, callback, *args, context=context)

    def create_task(self, coro, **options):
        task = super().create_task(coro, **options)
        self.tasks.append(task)
        return task

    def _run_once(self):
        self.turn += 1
        if self.turn > MOST_TURNS:
            self.give_up()
        super()._run_once()

    def give_up(self):
        self.skip = "endless"
        self.stop()

    def _process_events(self, event_list):
        pass

    def _write_to_self(self):
        pass


class Boom(Exception):
    """The exception of programs."""


class Objects:
    """What a program made, by name; None for what does not exist yet."""

    def __getattr__(self, name):
        return None


class Run:
    """One program: its objects, its trace, and the functions its source uses."""

    def __init__(self):
        self.trace = []
        self.open = True
        self.bumps = 0
        self.objects = Objects()
        self.loop = VirtualLoop(self.finish)
        self.loop.set_exception_handler(self.handle_exception)

    def handle_exception(self, loop, context):
        # Reports about errors nobody fetched come when the garbage collector runs; the others come at a fixed moment.
        if "handle" in context:
            self.rec("handler", context.get("exception"))

    def rec(self, label, *values):
        if not self.open:
            return
        if len(self.trace) > MOST_LINES:
            self.loop.give_up()
        parts = [str(self.loop.turn), str(self.loop.time()), str(label), *map(self.show, values)]
        self.trace.append(" ".join(parts))

    def show(self, value):
        if value is None:
            return "null"
        if value is True or value is False:
            return str(value).lower()
        if isinstance(value, (int, str)):
            return str(value)
        if isinstance(value, (list, tuple)):
            return "[" + ", ".join(map(self.show, value)) + "]"
        if isinstance(value, BaseExceptionGroup):
            return "Group" + self.show(list(value.exceptions))
        if isinstance(value, BaseException):
            return self.show_error(value)
        for name, known in vars(self.objects).items():
            if known is value:
                return name
        return "object"

    def show_error(self, error):
        # Loop has one name for "not in a state that allows the call"; asyncio raises RuntimeError or ValueError for some of these.
        name = {"RuntimeError": "InvalidStateError", "ValueError": "InvalidStateError"}.get(type(error).__name__, type(error).__name__)
        told = error.args and error.args[0] and isinstance(error, (Boom, asyncio.CancelledError))
        return f"{name}({error.args[0]})" if told else name

    def on(self, label, name, call):
        target = getattr(self.objects, name)
        if target is None:
            self.rec(label, "absent")
            return
        try:
            self.rec(label, call(target))
        except (Exception, asyncio.CancelledError) as error:
            self.rec(label, "raised", error)

    def has(self, label, name):
        if getattr(self.objects, name) is None:
            self.rec(label, "absent")
            return False
        return True

    def present(self, label, *items):
        found = []
        for item in items:
            if not isinstance(item, str):
                found.append(item())
            elif getattr(self.objects, item) is not None:
                found.append(getattr(self.objects, item))
        if not found:
            self.rec(label, "absent")
        return found

    def keep(self, name, value):
        setattr(self.objects, name, value)

    def futures(self, count):
        for index in range(count):
            self.keep(f"f{index}", self.loop.create_future())

    def sets(self, both):
        return [sorted(map(self.show, part)) for part in both]

    def state(self, future):
        if not future.done():
            return "pending"
        if future.cancelled():
            return "cancelled"
        return future.exception() or future.result()

    def task(self, value):
        if not isinstance(value, asyncio.Task):
            raise TypeError("not a task")
        return value

    def bumped(self):
        return self.bumps

    def bump(self):
        self.bumps += 1
        return self.bumps

    def current_name(self):
        task = asyncio.current_task()
        name = None if task is None else task.get_name()
        return name if name is None or not name.startswith("Task-") else "unnamed"

    def finish(self):
        """Nothing is scheduled any more: writes down how everything ended."""
        for name, value in sorted(vars(self.objects).items()):
            if isinstance(value, asyncio.Future):
                self.trace.append(f"{name} {self.end_of(value)}")
        self.open = False

    def end_of(self, future):
        if not future.done():
            return "pending"
        try:
            return self.show(future.result())
        except (Exception, asyncio.CancelledError) as error:
            return ("cancelled " if future.cancelled() else "raised ") + self.show(error)

    def namespace(self):
        names = {name: getattr(asyncio, name) for name in dir(asyncio)}
        own = (self.rec, self.on, self.has, self.present, self.keep, self.futures, self.sets, self.state, self.task,
               self.bump, self.bumped, self.current_name)
        names.update({method.__name__: method for method in own})
        names.update(O=self.objects, loop=self.loop, Boom=Boom, TimeoutError=TimeoutError)
        return names

    def run(self, source):
        names = self.namespace()
        exec(compile(source, "<program>", "exec"), names)
        self.keep("main", self.loop.create_task(names["main"](), name="main"))
        self.loop.run_forever()
        self.open = False
        self.bury()

    def bury(self):
        """Ends the coroutines that still wait, now, while no loop runs: the collector would do it inside a later program."""
        for task in self.loop.tasks:
            if not task.done():
                try:
                    task.get_coro().close()
                except BaseException:
                    pass
        self.loop.close()


def answer(request):
    run = Run()
    try:
        run.run(request["source"])
    except BaseException:
        return {"id": request["id"], "failed": traceback.format_exc()}
    if run.loop.skip is not None:
        return {"id": request["id"], "skip": run.loop.skip}
    return {"id": request["id"], "trace": run.trace}


def main():
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda _: None
    pin_set_order()
    gc.disable()
    gc.freeze()
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
        # Between programs only, because collected coroutines run their finally blocks on whatever loop is running.
        gc.collect()


try:
    main()
except BrokenPipeError:
    # Whoever asked has gone, with answers left.
    os._exit(0)
