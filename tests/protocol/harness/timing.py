"""How long things take, for tests that print figures."""
import statistics
import time


async def times_of(action, count):
    """Milliseconds that each took."""
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        await action()
        taken.append((time.perf_counter() - began) * 1e3)
    return taken


def described(times):
    late = sorted(times)[-1 - len(times) // 100]
    return f"median {statistics.median(times):.2f} ms, 99 of 100 within {late:.2f} ms"
