// The vendors' own SDKs as clients of the bridge, which take less than their agents do.
//
// usage: node sdks.mjs BASE_URL ANTHROPIC|OPENAI|GOOGLE      prints what each question came to, as JSON

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { GoogleGenAI } from "@google/genai";

const [base, vendor] = process.argv.slice(2);
const schema = { type: "object", properties: { command: { type: "string" } }, required: ["command"] };
const apiKey = process.env.LAB_KEY;

async function failure(ask) {
  try {
    await ask();
    return "none";
  } catch (error) {
    return `${error.status} ${error.message}`;
  }
}

async function anthropic() {
  const client = new Anthropic({ apiKey, baseURL: `${base}/anthropic`, maxRetries: 0 });
  const tools = [{ name: "Bash", description: "runs", input_schema: schema }];
  const ask = (text, more = {}) => ({ model: "m", max_tokens: 100, messages: [{ role: "user", content: text }], ...more });
  const stream = client.messages.stream(ask("say pong"));
  let streamed = "";
  stream.on("text", (piece) => (streamed += piece));
  const whole = await stream.finalMessage();
  const called = await client.messages.stream(ask("use the tool", { tools })).finalMessage();
  const plain = await client.messages.create(ask("say pong"));
  return {
    streamed,
    whole: whole.content.find((one) => one.type === "text").text,
    usage: [whole.usage.input_tokens, whole.usage.output_tokens],
    call: called.content.find((one) => one.type === "tool_use").input,
    stop: called.stop_reason,
    plain: plain.content.find((one) => one.type === "text").text,
    counted: (await client.messages.countTokens({ model: "m", messages: [{ role: "user", content: "hi" }] })).input_tokens > 0,
    models: (await client.models.list()).data.map((one) => one.id),
    failure: await failure(() => client.messages.create(ask("be refused"))),
  };
}

async function openai() {
  const client = new OpenAI({ apiKey, baseURL: `${base}/openai/v1`, maxRetries: 0 });
  const tools = [{ type: "function", name: "Bash", description: "runs", parameters: schema, strict: false }];
  let streamed = "", whole, called;
  for await (const event of await client.responses.create({ model: "m", input: "say pong", stream: true })) {
    if (event.type === "response.output_text.delta") streamed += event.delta;
    if (event.type === "response.completed") whole = event.response;
  }
  const calling = client.responses.stream({ model: "m", input: "use the tool", tools });
  called = await calling.finalResponse();
  const plain = await client.responses.create({ model: "m", input: "say pong" });
  return {
    streamed,
    whole: whole.output.find((one) => one.type === "message").content[0].text,
    usage: [whole.usage.input_tokens, whole.usage.output_tokens],
    call: JSON.parse(called.output.find((one) => one.type === "function_call").arguments),
    stop: called.status,
    plain: plain.output_text,
    counted: true,
    models: (await client.models.list()).data.map((one) => one.id),
    failure: await failure(() => client.responses.create({ model: "m", input: "be refused" })),
  };
}

async function google() {
  const client = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: `${base}/gemini` } });
  const ask = (contents, config = {}) => ({ model: "m", contents, config });
  const tools = [{ functionDeclarations: [{ name: "Bash", description: "runs", parametersJsonSchema: schema }] }];
  let streamed = "", last, call;
  for await (const chunk of await client.models.generateContentStream(ask("say pong"))) {
    streamed += chunk.text ?? "";
    last = chunk;
  }
  for await (const chunk of await client.models.generateContentStream(ask("use the tool", { tools })))
    call ??= chunk.functionCalls?.[0]?.args;
  const plain = await client.models.generateContent(ask("say pong"));
  return {
    streamed,
    whole: streamed,
    usage: [last.usageMetadata.promptTokenCount, last.usageMetadata.candidatesTokenCount],
    call,
    stop: last.candidates[0].finishReason,
    plain: plain.text,
    counted: (await client.models.countTokens({ model: "m", contents: "hi" })).totalTokens > 0,
    models: (await client.models.list()).page.map((one) => one.name),
    failure: await failure(() => client.models.generateContent(ask("be refused"))),
  };
}

console.log(JSON.stringify(await { ANTHROPIC: anthropic, OPENAI: openai, GOOGLE: google }[vendor]()));
