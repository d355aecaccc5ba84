"""Rows of Chrome traces as torch.profiler writes them, in microseconds."""


def host(name, start, end, thread=1, category="cpu_op", **arguments):
    return {
        "ph": "X",
        "cat": category,
        "name": name,
        "pid": 1,
        "tid": thread,
        "ts": start,
        "dur": end - start,
        "args": arguments,
    }


def span(name, start, end):
    return host(name, start, end, category="user_annotation")


def launch(start, correlation, thread=1, category="cuda_runtime"):
    return host(
        "launch", start, start + 2, thread=thread, category=category, correlation=correlation
    )


def kernel(name, start, end, correlation, stream=7, category="kernel"):
    return {
        "ph": "X",
        "cat": category,
        "name": name,
        "pid": 0,
        "tid": stream,
        "ts": start,
        "dur": end - start,
        "args": {"correlation": correlation, "stream": stream},
    }


def autograd(name, number, start, end):
    return host(
        f"autograd::engine::evaluate_function: {name}",
        start,
        end,
        thread=2,
        **{"Sequence number": number, "Fwd thread id": 1},
    )
