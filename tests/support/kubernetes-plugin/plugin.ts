// A Pulumi plugin that stands in for another package's: it takes every resource, keeps what it is given, and writes down
// each call. A process of its own, as the engine starts one (see install.ts).
import { appendFileSync } from "node:fs";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { empty, messages, plugin as pluginMessages, rpc } from "@pulumi-appmesh/provider/server/protocol.js";
import { unary } from "@pulumi-appmesh/provider/server/unary.js";
import {
  containsUnknown,
  isObject,
  type ObjectValue,
  reveal,
  UNKNOWN,
} from "@pulumi-appmesh/provider/server/values.js";
import { decode, encode } from "@pulumi-appmesh/provider/server/wire.js";

/** One call that the engine made. */
export interface Call {
  readonly call: "create" | "update" | "delete" | "read" | "configure";
  readonly preview: boolean;
  readonly type: string;
  readonly name: string;
  readonly id?: string;
  readonly inputs: Record<string, unknown>;
}

/** What one package does otherwise than keeping what it is given. */
export interface StandIn {
  readonly name: string;
  readonly version: string;
  /** The id of a new resource, and the properties that it has beside its inputs. */
  create(
    type: string,
    name: string,
    inputs: ObjectValue,
    preview: boolean,
  ): { id: string; outputs?: ObjectValue };
  /** Does for real what the engine asks for, and answers with what has been decided on the way; throws where it cannot be. */
  apply?(type: string, inputs: ObjectValue): Promise<ObjectValue | undefined>;
  remove?(type: string, id: string): Promise<void>;
  /** The properties of a resource that the program reads; undefined where there is none. */
  read?(type: string, id: string): Promise<ObjectValue | undefined>;
  construct?(request: messages.ConstructRequest, engine: string): Promise<messages.ConstructResponse>;
}

/** Inputs are kept beside the outputs: a resource's difference is theirs. */
const KEPT = "__inputs";

export async function serveStandIn(standIn: StandIn, record: string, engine: string): Promise<void> {
  const note = (call: Call) => appendFileSync(record, `${JSON.stringify(call, showUnknown)}\n`);
  const outputsOf = (
    type: string,
    name: string,
    inputs: ObjectValue,
    preview: boolean,
    decided?: ObjectValue,
  ) => {
    const { id, outputs } = standIn.create(type, name, inputs, preview);
    return { id, state: { ...inputs, ...outputs, ...decided, [KEPT]: inputs } };
  };
  const server = new Server();
  server.addService(rpc.ResourceProviderService, {
    handshake: unary(() => {
      const response = new messages.ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      response.setAcceptResources(true);
      response.setAcceptOutputs(true);
      return response;
    }),
    getPluginInfo: unary(() => {
      const info = new pluginMessages.PluginInfo();
      info.setVersion(standIn.version);
      return info;
    }),
    getSchema: unary(() => {
      const response = new messages.GetSchemaResponse();
      response.setSchema(JSON.stringify({ name: standIn.name, version: standIn.version }));
      return response;
    }),
    checkConfig: unary((request: messages.CheckRequest) => checked(request)),
    diffConfig: unary(() => new messages.DiffResponse()),
    configure: unary((request: messages.ConfigureRequest) => {
      note({
        call: "configure",
        preview: false,
        type: "",
        name: "",
        inputs: open(decode(request.getArgs())),
      });
      const response = new messages.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setAcceptresources(true);
      response.setAcceptoutputs(true);
      response.setSupportspreview(true);
      return response;
    }),
    check: unary((request: messages.CheckRequest) => checked(request)),
    diff: unary((request: messages.DiffRequest) => {
      const before = decode(request.getOlds())[KEPT] ?? {};
      const after = decode(request.getNews());
      const response = new messages.DiffResponse();
      const names = changed(reveal(before) as ObjectValue, reveal(after) as ObjectValue);
      response.setChanges(
        names.length > 0
          ? messages.DiffResponse.DiffChanges.DIFF_SOME
          : messages.DiffResponse.DiffChanges.DIFF_NONE,
      );
      response.setDiffsList(names);
      return response;
    }),
    create: unary(async (request: messages.CreateRequest) => {
      const { type, name } = partsOf(request.getUrn());
      const inputs = decode(request.getProperties());
      const preview = request.getPreview();
      note({ call: "create", preview, type, name, inputs: open(inputs) });
      const decided = preview ? undefined : await standIn.apply?.(type, reveal(inputs) as ObjectValue);
      const { id, state } = outputsOf(type, name, inputs, preview, decided);
      const response = new messages.CreateResponse();
      if (!preview) response.setId(id);
      response.setProperties(encode(state));
      return response;
    }),
    update: unary(async (request: messages.UpdateRequest) => {
      const { type, name } = partsOf(request.getUrn());
      const inputs = decode(request.getNews());
      const preview = request.getPreview();
      note({ call: "update", preview, type, name, id: request.getId(), inputs: open(inputs) });
      const decided = preview ? undefined : await standIn.apply?.(type, reveal(inputs) as ObjectValue);
      const response = new messages.UpdateResponse();
      response.setProperties(encode(outputsOf(type, name, inputs, preview, decided).state));
      return response;
    }),
    read: unary(async (request: messages.ReadRequest) => {
      const { type, name } = partsOf(request.getUrn());
      const found = await standIn.read?.(type, request.getId());
      note({ call: "read", preview: false, type, name, id: request.getId(), inputs: {} });
      const response = new messages.ReadResponse();
      if (standIn.read !== undefined && found === undefined) return response;
      const state = found ?? decode(request.getProperties());
      response.setId(request.getId());
      response.setProperties(encode(state));
      response.setInputs(request.getInputs() ?? encode({}));
      return response;
    }),
    delete: unary(async (request: messages.DeleteRequest) => {
      const { type, name } = partsOf(request.getUrn());
      note({ call: "delete", preview: false, type, name, id: request.getId(), inputs: {} });
      await standIn.remove?.(type, request.getId());
      return new empty.Empty();
    }),
    construct: unary((request: messages.ConstructRequest) => {
      if (standIn.construct === undefined)
        throw new Error(`${standIn.name} has no component ${request.getType()} here`);
      return standIn.construct(request, engine);
    }),
    cancel: unary(() => new empty.Empty()),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  console.log(port);
  // An engine that was killed ends nothing.
  const started = process.ppid;
  setInterval(() => process.ppid !== started && process.exit(0), 1_000).unref();
}

function checked(request: messages.CheckRequest): messages.CheckResponse {
  const response = new messages.CheckResponse();
  response.setInputs(request.getNews());
  return response;
}

/** The names of the properties in which two resources differ. What is not known yet differs. */
function changed(before: ObjectValue, after: ObjectValue): string[] {
  const names = new Set(
    [...Object.keys(before), ...Object.keys(after)].filter((name) => !name.startsWith("__")),
  );
  return [...names].filter(
    (name) =>
      containsUnknown(after[name] ?? null) ||
      canonical(before[name] ?? null) !== canonical(after[name] ?? null),
  );
}

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );

const showUnknown = (_: string, value: unknown) => (value === UNKNOWN ? "<unknown>" : value);

const open = (value: ObjectValue) => {
  const revealed = reveal(value);
  return isObject(revealed) ? (revealed as Record<string, unknown>) : {};
};

function partsOf(urn: string): { type: string; name: string } {
  const [, , types = "", ...name] = urn.split("::");
  return { type: types.split("$").at(-1) as string, name: name.join("::") };
}
