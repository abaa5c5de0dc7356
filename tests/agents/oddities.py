"""How servers of the Chat Completions protocol really answer: one answer, in the ways that were seen.

Each function makes a stream of an Answer. The agents must not notice any difference."""

import json


class Answer:
    def __init__(self, text="", thought="", calls=()):
        """`calls`: the names of tools, with their arguments."""
        self.text, self.thought, self.calls = text, thought, calls


USAGE = {"prompt_tokens": 9, "completion_tokens": 2}


def data(chunk):
    return f"data: {json.dumps(chunk)}\n\n"


def chunk(delta, reason=None, **more):
    return {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}], **more}


def call(index, name, arguments, **more):
    return {"index": index, "id": f"call_{index}", "type": "function", "function": {"name": name, "arguments": arguments},
            **more}


def pieces_of(index, name, arguments):
    """A call as most send it: its head, and then its arguments in pieces."""
    text = json.dumps(arguments)
    yield call(index, name, "")
    for piece in (text[:9], text[9:]):
        yield {"index": index, "function": {"arguments": piece}}


def deltas(answer, thought="reasoning_content", pieces=pieces_of):
    if answer.thought:
        yield {thought: answer.thought}
    if answer.text:
        yield {"role": "assistant", "content": answer.text[:3]}
        yield {"content": answer.text[3:]}
    for index, (name, arguments) in enumerate(answer.calls):
        for piece in pieces(index, name, arguments):
            yield {"tool_calls": [piece]}


def reason(answer):
    return "tool_calls" if answer.calls else "stop"


def stream(all_deltas, why, usage=True):
    chunks = [chunk(delta) for delta in all_deltas] + [chunk({}, why)]
    if usage:
        chunks.append({"choices": [], "usage": USAGE})
    return "".join(map(data, chunks)) + "data: [DONE]\n\n"


def plain(answer):
    return stream(deltas(answer), reason(answer))


def reasoning_in_another_field(answer):
    return stream(deltas(answer, thought="reasoning"), reason(answer))


def thinking_in_tags(answer):
    return stream(deltas(Answer(f"<think>hm</think>{answer.text}", "", answer.calls)), reason(answer))


def thinking_in_parts_of_the_content(answer):
    thought = {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": answer.thought or "hm"}]}]}
    return stream([thought, *deltas(Answer(answer.text, "", answer.calls))], reason(answer))


def all_in_one_chunk(answer):
    calls = [call(i, name, json.dumps(arguments)) for i, (name, arguments) in enumerate(answer.calls)]
    delta = {"role": "assistant", "content": answer.text, **({"tool_calls": calls} if calls else {})}
    return data(chunk(delta, reason(answer), usage=USAGE)) + "data: [DONE]\n\n"


def no_index(answer):
    def pieces(_, name, arguments):
        for piece in pieces_of(0, name, arguments):
            del piece["index"]
            yield piece
    return stream(deltas(answer, pieces=pieces), reason(answer))


def first_index_is_one(answer):
    return stream(deltas(answer, pieces=lambda i, *rest: pieces_of(i + 1, *rest)), reason(answer))


def one_index_for_all(answer):
    def pieces(index, name, arguments):
        yield call(0, name, json.dumps(arguments)) | {"id": f"call_{index}"}
    return stream(deltas(answer, pieces=pieces), reason(answer))


def no_id(answer):
    def pieces(*of):
        for piece in pieces_of(*of):
            piece.pop("id", None)
            yield piece
    return stream(deltas(answer, pieces=pieces), reason(answer))


def repeated_name(answer):
    def pieces(index, name, arguments):
        for piece in pieces_of(index, name, arguments):
            piece["function"]["name"] = name
            yield piece
    return stream(deltas(answer, pieces=pieces), reason(answer))


def arguments_as_an_object(answer):
    return stream(deltas(answer, pieces=lambda i, name, arguments: [call(i, name, arguments)]), reason(answer))


def arguments_that_grow(answer):
    def pieces(index, name, arguments):
        text = json.dumps(arguments)
        return [call(index, name, text[:end]) for end in (5, 9, len(text))]
    return stream(deltas(answer, pieces=pieces), reason(answer))


def no_reason_to_stop(answer):
    return stream(deltas(answer), None)


def stop_in_place_of_calls(answer):
    return stream(deltas(answer), "stop")


def no_usage(answer):
    return stream(deltas(answer), reason(answer), usage=False)


def usage_in_each_chunk(answer):
    chunks = [chunk(delta, usage=USAGE) for delta in deltas(answer)] + [chunk({}, reason(answer), usage=USAGE)]
    return "".join(map(data, chunks)) + "data: [DONE]\n\n"


def no_end_mark(answer):
    return plain(answer).removesuffix("data: [DONE]\n\n")


def other_line_ends_and_a_mark_in_front(answer):
    return "\ufeff" + plain(answer).replace("\n", "\r\n").replace("data: ", "data:")


def comments(answer):
    return ": PROCESSING\n\n" + plain(answer).replace("data: ", ": PROCESSING\n\ndata: ")


def unknown_members(answer):
    return plain(answer).replace('"id": "c"', '"id": "c", "p": "abc", "obfuscation": "x", "x_groq": {"id": "r"}')


def one_document(answer):
    """Not a stream at all, though one was asked for."""
    calls = [call(i, name, json.dumps(arguments)) for i, (name, arguments) in enumerate(answer.calls)]
    message = {"role": "assistant", "content": answer.text, **({"tool_calls": calls} if calls else {})}
    return json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": reason(answer)}], "usage": USAGE})


ALL = (reasoning_in_another_field, thinking_in_tags, thinking_in_parts_of_the_content, all_in_one_chunk, no_index,
       first_index_is_one, one_index_for_all, no_id, repeated_name, arguments_as_an_object, arguments_that_grow,
       no_reason_to_stop, stop_in_place_of_calls, no_usage, usage_in_each_chunk, no_end_mark,
       other_line_ends_and_a_mark_in_front, comments, unknown_members, one_document)
