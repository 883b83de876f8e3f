"""Python's executors in the closed loop, so many calls under way: closed_loop.py threads|processes POINT; prints calls a second."""
import json
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor


def trivial(x):
    return x + 1


def main():
    options = json.loads(sys.argv[2])
    kind = ProcessPoolExecutor if sys.argv[1] == "processes" else ThreadPoolExecutor
    calls = 0
    ended = False
    idle = threading.Semaphore(0)
    with kind(options["workers"]) as pool:
        pool.submit(trivial, 1).result()

        def client(_=None):
            nonlocal calls
            calls += 1
            if ended:
                idle.release()
            else:
                pool.submit(trivial, 1).add_done_callback(client)

        for _ in range(options["concurrency"]):
            client()
        time.sleep(options["warmMs"] / 1000)
        before, start = calls, time.perf_counter()
        time.sleep(options["measureMs"] / 1000)
        rate = (calls - before) / (time.perf_counter() - start)
        ended = True
        for _ in range(options["concurrency"]):
            idle.acquire()
    print(json.dumps({"rate": rate}))


if __name__ == "__main__":
    main()
