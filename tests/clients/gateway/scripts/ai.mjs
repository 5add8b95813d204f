// The AI SDK (npm `ai`) through the gateway, by its providers for OpenAI (both APIs), Anthropic and Google.

import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, Output, embedMany, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { EMBEDDING_MODEL, MODEL, URL, all, asksNobody, assert, caught, control, range, runAll } from "./through.mjs";

const openai = createOpenAI({ baseURL: `${URL}/v1`, apiKey: "any" });
const anthropic = createAnthropic({ baseURL: `${URL}/v1`, apiKey: "any" });
const google = createGoogleGenerativeAI({ baseURL: `${URL}/v1beta`, apiKey: "any" });

const MODELS = {
  openai_chat: (name) => openai.chat(name),
  openai_responses: (name) => openai.responses(name),
  anthropic: (name) => anthropic(name),
  google: (name) => google(name),
};
const Person = z.object({ name: z.string(), age: z.number().int() });
const PERSON = "Extract as json: Ada Lovelace, 36";
// Values are asked for by a tool called `json` where the provider knows no schemas; an upstream that cannot be made to
// call a tool calls one that is named.
const TOOLS = {
  get_weather: tool({
    description: "The weather in a city",
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => `18 degrees in ${city}`,
  }),
};

const CASES = {
  async text(model) {
    const answer = await generateText({ model, prompt: "Say exactly: pong-42", maxRetries: 0 });
    assert.equal(answer.text, "pong-42");
    assert.equal(answer.finishReason, "stop");
    assert(answer.usage.outputTokens > 0);
  },

  async stream(model) {
    const stream = streamText({ model, prompt: "Count to 60", maxRetries: 0 });
    assert.deepEqual((await all(stream.textStream)).join("").trim().split(" "), range(1, 60));
    assert.equal(await stream.finishReason, "stop");
    assert((await stream.usage).outputTokens > 10);
  },

  async value(model) {
    const output = Output.object({ schema: Person });
    const answer = await generateText({ model, output, prompt: PERSON, maxRetries: 0 });
    assert.deepEqual(answer.output, { name: "Ada Lovelace", age: 36 });
  },

  async value_streamed(model) {
    const output = Output.object({ schema: Person });
    const stream = streamText({ model, output, prompt: PERSON, maxRetries: 0 });
    assert.deepEqual((await all(stream.partialOutputStream)).at(-1), { name: "Ada Lovelace", age: 36 });
  },

  async tools_in_steps(model) {
    const options = { model, tools: TOOLS, stopWhen: stepCountIs(3), maxRetries: 0 };
    const answer = await generateText({ ...options, prompt: "What is the weather in 'Paris'?" });
    assert.equal(answer.steps.length, 2);
    assert(answer.text.includes("18 degrees in Paris"));
  },

  async tools_streamed(model) {
    const options = { model, tools: TOOLS, stopWhen: stepCountIs(3), maxRetries: 0 };
    const stream = streamText({ ...options, prompt: "What is the weather in 'Paris'?" });
    assert((await stream.text).includes("18 degrees in Paris"));
  },

  async error_by_status(model) {
    await control("faults", { status: 429 });
    const error = await caught(APICallError, () => generateText({ model, prompt: "Hello", maxRetries: 0 }));
    assert.equal(error.statusCode, 429);
  },

  async cut_stream_is_an_error(model) {
    await control("faults", { cut_after: 5 });
    const errors = [];
    const onError = ({ error }) => errors.push(error);
    const stream = streamText({ model, prompt: "Count to 60", maxRetries: 0, onError });
    await all(stream.fullStream);
    assert.equal(errors.length, 1);
  },
};

const UNKNOWN = async (model) => {
  const error = await caught(APICallError, () => generateText({ model, prompt: "Hi", maxRetries: 0 }));
  assert.equal(error.statusCode, 404);
  assert(error.message.includes("`nobody`"));
};

const cases = {};
for (const [provider, named] of Object.entries(MODELS)) {
  for (const [name, act] of Object.entries(CASES)) cases[`${provider}_${name}`] = () => act(named(MODEL));
  cases[`${provider}_unknown_model`] = asksNobody(() => UNKNOWN(named("nobody")));
}
if (EMBEDDING_MODEL) {
  cases.openai_embeddings = async () => {
    const model = openai.embedding(EMBEDDING_MODEL);
    const { embeddings } = await embedMany({ model, values: ["one", "two"], maxRetries: 0 });
    assert.equal(embeddings.length, 2);
  };
}

await runAll(cases);
