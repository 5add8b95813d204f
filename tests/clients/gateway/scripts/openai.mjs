// The npm package `openai` through the gateway.

import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import { EMBEDDING_MODEL, MODEL, URL, all, asksNobody, assert, caught, control, range, runAll } from "./through.mjs";

const client = new OpenAI({ baseURL: `${URL}/v1`, apiKey: "any", maxRetries: 0 });
const Person = z.object({ name: z.string(), age: z.number().int() });
const parameters = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const WEATHER = { type: "function", function: { name: "get_weather", parameters } };

const say = (content) => [{ role: "user", content }];
const ask = (text, options = {}) => client.chat.completions.create({ model: MODEL, messages: say(text), ...options });

const cases = {
  async chat() {
    const answer = await ask("Say exactly: pong-42");
    assert.equal(answer.choices[0].message.content, "pong-42");
    assert.equal(answer.choices[0].finish_reason, "stop");
    assert(answer.usage.total_tokens > 0);
  },

  async stream() {
    const chunks = await all(await ask("Count to 60", { stream: true, stream_options: { include_usage: true } }));
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
    assert.deepEqual(text.trim().split(" "), range(1, 60));
    assert(chunks.at(-1).usage.completion_tokens > 10);
  },

  async stream_helper() {
    const runner = client.chat.completions.stream({ model: MODEL, messages: say("Count to 20") });
    assert((await runner.finalContent()).trim().endsWith("20"));
  },

  async tool_and_result() {
    const messages = say("What is the weather in 'Paris'?");
    const { message } = (await client.chat.completions.create({ model: MODEL, messages, tools: [WEATHER] })).choices[0];
    const [call] = message.tool_calls;
    assert.deepEqual(JSON.parse(call.function.arguments), { city: "Paris" });
    messages.push(message, { role: "tool", tool_call_id: call.id, content: "18 degrees" });
    const second = await client.chat.completions.create({ model: MODEL, messages, tools: [WEATHER] });
    assert(second.choices[0].message.content.includes("18 degrees"));
  },

  async tool_runner() {
    const runner = client.chat.completions.runTools({
      model: MODEL,
      messages: say("What is the weather in 'Paris'?"),
      tools: [
        {
          type: "function",
          function: {
            name: "get_weather",
            parameters,
            parse: JSON.parse,
            function: ({ city }) => `18 degrees in ${city}`,
          },
        },
      ],
      stream: true,
    });
    assert((await runner.finalContent()).includes("18 degrees in Paris"));
  },

  async parse() {
    const options = { model: MODEL, messages: say("Extract: Ada Lovelace, 36") };
    const format = { response_format: zodResponseFormat(Person, "person") };
    const answer = await client.chat.completions.parse({ ...options, ...format });
    assert.deepEqual(answer.choices[0].message.parsed, { name: "Ada Lovelace", age: 36 });
  },

  async response() {
    const answer = await client.responses.create({ model: MODEL, input: "Say exactly: pong-42" });
    assert.equal(answer.output_text, "pong-42");
  },

  async response_streamed() {
    const events = await all(await client.responses.create({ model: MODEL, input: "Count to 60", stream: true }));
    assert.equal(events.at(-1).type, "response.completed");
    const text = events.filter((event) => event.type === "response.output_text.delta").map((event) => event.delta);
    assert.deepEqual(text.join("").trim().split(" "), range(1, 60));
  },

  async response_parse() {
    const text = { format: zodTextFormat(Person, "person") };
    const answer = await client.responses.parse({ model: MODEL, input: "Extract: Ada Lovelace, 36", text });
    assert.deepEqual(answer.output_parsed, { name: "Ada Lovelace", age: 36 });
  },

  models: asksNobody(async () => {
    const models = await all(client.models.list());
    assert(models.some((model) => model.id === MODEL));
  }),

  unknown_model: asksNobody(async () => {
    const error = await caught(OpenAI.NotFoundError, () =>
      client.chat.completions.create({ model: "nobody", messages: say("Hi") }),
    );
    assert(error.message.includes("`nobody`"));
  }),

  async error_by_status() {
    await control("faults", { status: 429 });
    await caught(OpenAI.RateLimitError, () => ask("Hello"));
  },

  async cut_stream_is_an_error() {
    await control("faults", { cut_after: 5 });
    await caught(OpenAI.APIError, async () => all(await ask("Count to 60", { stream: true })));
  },
};

if (EMBEDDING_MODEL) {
  cases.embeddings = async () => {
    const answer = await client.embeddings.create({ model: EMBEDDING_MODEL, input: ["one", "two"] });
    assert.equal(answer.data.length, 2);
    assert(answer.data[0].embedding.length > 100);
  };
}

await runAll(cases);
