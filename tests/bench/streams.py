"""Streams of Chat events for bench.py: a server that sends them at a pace, and clients that take them.

usage: streams.py serve PORT      events of about 200 bytes, 50 a second, as many as the request's `max_tokens` says
       streams.py take URL COUNT EVENTS     prints the milliseconds to the first event of each stream, as JSON
"""

import asyncio
import json
import sys
import urllib.parse

PACE = 0.02  # seconds from one event to the next
EVENT = b'data: {"id":"chatcmpl-123","object":"chat.completion.chunk","created":1694268190,"model":"m",' \
        b'"choices":[{"index":0,"delta":{"content":" words of an answer"},"logprobs":null,"finish_reason":null}]}\n\n'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
LAST = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


async def read_request(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n")
                   if line.lower().startswith(b"content-length:")), 0)
    return head, await reader.readexactly(length)


async def serve_one(reader, writer):
    try:
        while True:
            head, body = await read_request(reader)
            if head.startswith(b"GET"):
                listed = b'{"object":"list","data":[{"id":"m","object":"model"}]}'
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                             % (len(listed), listed))
                continue
            writer.write(HEAD)
            loop = asyncio.get_running_loop()
            due = loop.time()
            for _ in range(json.loads(body)["max_tokens"]):
                writer.write(chunk(EVENT))
                due += PACE
                await asyncio.sleep(due - loop.time())
            writer.write(chunk(LAST) + b"0\r\n\r\n")
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def serve(port):
    server = await asyncio.start_server(serve_one, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


async def take_one(url, body):
    """Seconds until the first event."""
    reader, writer = await asyncio.open_connection(url.hostname, url.port, limit=1 << 20)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    writer.write(f"POST {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Type: application/json\r\n"
                 f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
    await reader.readuntil(b"data: ")
    first = loop.time() - begun
    await reader.readuntil(b"\r\n0\r\n\r\n")
    writer.close()
    return first


async def take(url, count, events):
    url = urllib.parse.urlsplit(url)
    body = json.dumps({"model": "m", "stream": True, "max_tokens": events,
                       "messages": [{"role": "user", "content": "x" * 50_000}]}).encode()
    return await asyncio.gather(*(take_one(url, body) for _ in range(count)))


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        asyncio.run(serve(int(sys.argv[2])))
    else:
        firsts = asyncio.run(take(sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
        print(json.dumps([1000 * first for first in firsts]))
