// The npm package `@anthropic-ai/sdk` through the gateway.

import Anthropic from "@anthropic-ai/sdk";
import { MODEL, URL, all, asksNobody, assert, caught, control, range, runAll } from "./through.mjs";

const client = new Anthropic({ baseURL: URL, apiKey: "any", maxRetries: 0 });
const WEATHER = {
  name: "get_weather",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

const say = (content) => [{ role: "user", content }];
const asked = (text, options = {}) => ({ model: MODEL, max_tokens: 5000, messages: say(text), ...options });
const ask = (text, options) => client.messages.create(asked(text, options));

await runAll({
  async message() {
    const answer = await ask("Say exactly: pong-42");
    assert.equal(answer.content[0].text, "pong-42");
    assert.equal(answer.stop_reason, "end_turn");
    assert(answer.usage.output_tokens > 0);
  },

  async stream() {
    const events = await all(await ask("Count to 60", { stream: true }));
    assert.equal(events[0].type, "message_start");
    assert.equal(events.at(-1).type, "message_stop");
    const text = events.map((event) => event.delta?.text ?? "").join("");
    assert.deepEqual(text.trim().split(" "), range(1, 60));
  },

  async stream_helper() {
    const final = await client.messages.stream(asked("Count to 20")).finalMessage();
    assert(final.content[0].text.trim().endsWith("20"));
    assert(final.usage.output_tokens > 5);
  },

  async tool_and_result() {
    const messages = say("What is the weather in 'Paris'?");
    const first = await ask("", { messages, tools: [WEATHER] });
    const call = first.content.find((block) => block.type === "tool_use");
    assert.deepEqual(call.input, { city: "Paris" });
    const result = { type: "tool_result", tool_use_id: call.id, content: "18 degrees" };
    messages.push({ role: "assistant", content: first.content }, { role: "user", content: [result] });
    const second = await ask("", { messages, tools: [WEATHER] });
    assert(second.content[0].text.includes("18 degrees"));
  },

  async tools_streamed() {
    const options = { tools: [WEATHER] };
    const final = await client.messages.stream(asked("What is the weather in 'Paris'?", options)).finalMessage();
    assert.deepEqual(final.content.find((block) => block.type === "tool_use").input, { city: "Paris" });
    assert.equal(final.stop_reason, "tool_use");
  },

  count_tokens: asksNobody(async () => {
    const counted = await client.messages.countTokens({ model: MODEL, messages: say("x".repeat(400)) });
    assert(counted.input_tokens > 50 && counted.input_tokens < 500);
  }),

  models: asksNobody(async () => {
    const models = await all(client.models.list());
    assert(models.some((model) => model.id === MODEL));
  }),

  unknown_model: asksNobody(async () => {
    const error = await caught(Anthropic.NotFoundError, () => ask("Hi", { model: "nobody" }));
    assert(error.message.includes("`nobody`"));
  }),

  async error_by_status() {
    await control("faults", { status: 429 });
    await caught(Anthropic.RateLimitError, () => ask("Hello"));
  },

  async cut_stream_is_an_error() {
    await control("faults", { cut_after: 5 });
    await assert.rejects(async () => all(await ask("Count to 60", { stream: true })), Anthropic.APIError);
  },
});
