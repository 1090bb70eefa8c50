"""The kind of service that KvTcp replaces: a dictionary behind FastAPI, as fast as that is written without tricks.

The handlers are coroutines, because plain functions would go through a thread pool; there is no middleware and no model. They
have no return annotation either: FastAPI takes one for a model, and validates every reply against it.
"""

import os

from fastapi import FastAPI, HTTPException


def load(path: str) -> dict[str, str]:
    with open(path, encoding="utf-8", newline="\n") as lines:
        return dict(line.rstrip("\n").split(" ", 1) for line in lines)


PAIRS = load(os.environ["DATA_FILE"])

app = FastAPI(openapi_url=None)


@app.get("/keys/{key}")
async def get(key: str):
    value = PAIRS.get(key)
    if value is None:
        raise HTTPException(status_code=404, detail="Item not found")
    return {"key": key, "value": value}


@app.get("/count")
async def count():
    return len(PAIRS)
