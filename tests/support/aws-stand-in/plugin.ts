// A provider plugin that makes nothing: it answers the engine as the real one would, by a definition, and records what
// it is asked. It speaks as much of the protocol as a component's children need, in a process of its own.
import { appendFileSync } from "node:fs";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { empty, messages, plugin as pluginMessages, rpc } from "@pulumi-appmesh/provider/server/protocol.js";
import { unary } from "@pulumi-appmesh/provider/server/unary.js";
import {
  carrySecrets,
  equal,
  isObject,
  isUnknown,
  type ObjectValue,
  reveal,
  Secret,
  UNKNOWN,
  type Value,
} from "@pulumi-appmesh/provider/server/values.js";
import { decode, encode } from "@pulumi-appmesh/provider/server/wire.js";
import type { Call, StandInDefinition, StandInResource } from "./definition.js";

const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;

/** Serves on a free port of loopback, which it returns. */
export async function serve(definition: StandInDefinition, record: string): Promise<number> {
  const server = new Server();
  server.addService(rpc.ResourceProviderService, handlers(definition, record));
  return new Promise((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
}

function handlers(definition: StandInDefinition, record: string) {
  let config: unknown = {};
  const write = (call: Omit<Call, "config" | "inputs">, inputs: ObjectValue) =>
    appendFileSync(record, `${JSON.stringify({ ...call, inputs: readable(inputs), config })}\n`);

  const resource = (urn: string): { of: StandInResource; type: string; name: string } => {
    const [, , qualified = "", ...rest] = urn.split("::");
    const type = qualified.split("$").at(-1) ?? "";
    const of = definition.resources[type];
    if (of === undefined) {
      throw new Error(`the stand-in for ${definition.name} knows no ${type}: tell it in its definition`);
    }
    return { of, type, name: rest.join("::") };
  };

  return {
    handshake: unary((_: messages.ProviderHandshakeRequest) => {
      const response = new messages.ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      response.setAcceptResources(true);
      response.setAcceptOutputs(true);
      return response;
    }),

    getPluginInfo: unary((_: empty.Empty) => {
      const info = new pluginMessages.PluginInfo();
      info.setVersion(definition.version);
      return info;
    }),

    attach: unary((_: pluginMessages.PluginAttach) => new empty.Empty()),

    cancel: unary((_: empty.Empty) => new empty.Empty()),

    checkConfig: unary((request: messages.CheckRequest) => {
      const response = new messages.CheckResponse();
      response.setInputs(request.getNews());
      return response;
    }),

    diffConfig: unary((_: messages.DiffRequest) => {
      const response = new messages.DiffResponse();
      response.setChanges(DIFF_NONE);
      return response;
    }),

    configure: unary((request: messages.ConfigureRequest) => {
      config = readable(decode(request.getArgs()));
      const response = new messages.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      response.setAcceptresources(true);
      response.setAcceptoutputs(true);
      return response;
    }),

    check: unary((request: messages.CheckRequest) => {
      const { of, type, name } = resource(request.getUrn());
      const news = decode(request.getNews());
      write({ call: "check", preview: false, type, name }, news);
      const response = new messages.CheckResponse();
      response.setInputs(
        encode(withName(of, type, name, news, decode(request.getOlds()), request.getRandomseed_asU8())),
      );
      for (const property of of.required ?? []) {
        if (news[property] !== undefined) continue;
        const failure = new messages.CheckFailure();
        failure.setProperty(property);
        failure.setReason("Missing required argument");
        response.addFailures(failure);
      }
      return response;
    }),

    diff: unary((request: messages.DiffRequest) => {
      const { of } = resource(request.getUrn());
      const olds = decode(request.getOldInputs());
      const news = decode(request.getNews());
      const names = [...new Set([...Object.keys(olds), ...Object.keys(news)])];
      const changed = names.filter((name) => !equal(olds[name] ?? null, news[name] ?? null));
      const response = new messages.DiffResponse();
      response.setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE);
      response.setDiffsList(changed);
      response.setReplacesList(changed.filter((name) => of.replaceOn?.includes(name)));
      return response;
    }),

    create: unary((request: messages.CreateRequest) => {
      const { of, type, name } = resource(request.getUrn());
      const inputs = decode(request.getProperties());
      const preview = request.getPreview();
      write({ call: "create", preview, type, name }, inputs);
      const id = preview ? "" : of.id(reveal(inputs) as ObjectValue, name);
      const response = new messages.CreateResponse();
      response.setId(id);
      response.setProperties(encode(preview ? planned(of, inputs) : made(of, inputs, id)));
      return response;
    }),

    update: unary((request: messages.UpdateRequest) => {
      const { of, type, name } = resource(request.getUrn());
      const inputs = decode(request.getNews());
      const preview = request.getPreview();
      write({ call: "update", preview, type, name }, inputs);
      const response = new messages.UpdateResponse();
      // What an update leaves alone is known before it is done.
      response.setProperties(
        encode(preview ? { ...decode(request.getOlds()), ...inputs } : made(of, inputs, request.getId())),
      );
      return response;
    }),

    read: unary((request: messages.ReadRequest) => {
      const response = new messages.ReadResponse();
      response.setId(request.getId());
      response.setProperties(request.getProperties());
      response.setInputs(request.getInputs());
      return response;
    }),

    delete: unary((request: messages.DeleteRequest) => {
      const { type, name } = resource(request.getUrn());
      write({ call: "delete", preview: false, type, name }, {});
      return new empty.Empty();
    }),

    invoke: unary((request: messages.InvokeRequest) => {
      const token = request.getTok();
      const args = decode(request.getArgs());
      write({ call: "invoke", preview: false, type: token, name: "" }, args);
      const call = definition.functions?.[token];
      if (call === undefined) {
        throw new Error(`the stand-in for ${definition.name} knows no ${token}: tell it in its definition`);
      }
      const response = new messages.InvokeResponse();
      response.setReturn(encode(call(reveal(args) as ObjectValue)));
      return response;
    }),
  };
}

/** Named as the real provider does it: once, and then for ever. */
function withName(
  { autoname, longestName = Number.POSITIVE_INFINITY }: StandInResource,
  type: string,
  name: string,
  news: ObjectValue,
  olds: ObjectValue,
  seed: Uint8Array,
): ObjectValue {
  if (autoname === undefined || news[autoname] !== undefined) return news;
  const prefix = typeof news.namePrefix === "string" ? news.namePrefix : `${name}-`;
  const suffix = Buffer.from(seed).toString("hex").slice(0, 7).padEnd(7, "0");
  if (prefix.length + suffix.length > longestName) {
    throw new Error(
      `could not make instance of '${type}': name '${prefix}' plus 7 random chars is longer than maximum length ${longestName}`,
    );
  }
  return { ...news, [autoname]: olds[autoname] ?? `${prefix}${suffix}` };
}

/** What there is of a resource once it is made. What is secret among its inputs is secret in the state. */
function made(of: StandInResource, inputs: ObjectValue, id: string): ObjectValue {
  const open = reveal(inputs) as ObjectValue;
  const all = Object.entries({ ...open, ...of.outputs?.(open, id) });
  return Object.fromEntries(all.map(([key, value]) => [key, carrySecrets(inputs[key], value)]));
}

/** What there is of it in a preview. The names of what is there later are those that it has for inputs of any kind. */
function planned(of: StandInResource, inputs: ObjectValue): ObjectValue {
  const anything = new Proxy({}, { get: () => "later" }) as ObjectValue;
  const later = Object.keys(of.outputs?.(anything, "later") ?? {});
  return { ...inputs, ...Object.fromEntries(later.map((key) => [key, UNKNOWN])) };
}

/** A value for a record that anybody can read. */
function readable(value: Value): unknown {
  if (isUnknown(value)) return { $unknown: true };
  if (value instanceof Secret) return { $secret: readable(value.value) };
  if (Array.isArray(value)) return value.map(readable);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, readable(member)]));
}
