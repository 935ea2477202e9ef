import { AsyncLocalStorage } from "node:async_hooks";
import type { Inputs, Output } from "@pulumi/pulumi";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { checkComponent } from "../components/check.js";
import type { ComponentType } from "../components/component.js";
import { componentTypes } from "../components/components.js";
import { InvalidProperties, NotImplemented } from "./failures.js";
import type { Plugin } from "./plugin.js";
import { messages } from "./protocol.js";
import { componentOptions, dependencyUrns, loadRuntime, type Runtime } from "./runtime.js";
import { unary } from "./unary.js";
import { isObject, reveal, type Value } from "./values.js";
import { decode } from "./wire.js";

/** Components, which are made in the plugin and registered with the engine from here. */
export const construct = (plugin: Plugin) =>
  unary(async (request: messages.ConstructRequest) => {
    const component = componentTypes.get(request.getType());
    if (component === undefined) {
      throw new NotImplemented(
        `${request.getType()} is not a component of this provider; it has ${[...componentTypes.keys()].join(", ")}.`,
      );
    }
    const failures = checkComponent(component, decode(request.getInputs()), request.getName());
    if (failures.length > 0) {
      throw new InvalidProperties(
        `the properties of ${request.getType()} ${JSON.stringify(request.getName())} are not valid`,
        failures.map(({ property, reason }) => ({ path: property, reason })),
      );
    }
    const runtime = await loadRuntime();
    return untilFirstFailure(() => runtime.withLocalStorage(() => make(request, component, runtime, plugin)));
  });

async function make(
  request: messages.ConstructRequest,
  component: ComponentType,
  runtime: Runtime,
  plugin: Plugin,
): Promise<messages.ConstructResponse> {
  await enter(request, runtime, plugin);
  const inputs = await runtime.deserializeInputs(request.getInputs(), request.getInputdependenciesMap());
  const Component = await component.load();
  const made = new Component(
    request.getName(),
    withPlain(inputs, component, request) as never,
    componentOptions(request, runtime),
  );

  const outputs = Object.fromEntries(
    Object.keys(component.outputs).map((name) => [name, made[name as keyof typeof made]]),
  );
  const label = `construct(${request.getType()}, ${request.getName()})`;
  const response = new messages.ConstructResponse();
  response.setUrn(await (made.urn as Output<string> & { promise(): Promise<string> }).promise());
  const [state, dependencies] = await runtime.serializeResourceProperties(label, outputs);
  // In a preview, an output that is not there would count as one that is not known yet.
  const absent = Object.fromEntries(Object.keys(outputs).map((name) => [name, null]));
  response.setState(
    struct.Struct.fromJavaScript({ ...absent, ...state } as Parameters<
      typeof struct.Struct.fromJavaScript
    >[0]),
  );
  for (const [name, urns] of await dependencyUrns(dependencies)) {
    const message = new messages.ConstructResponse.PropertyDependencies();
    message.setUrnsList(urns);
    response.getStatedependenciesMap().set(name, message);
  }
  await runtime.settings.waitForRPCs();
  return response;
}

/** Makes the runtime of this call the program's own: its stack, its engine, its configuration. */
async function enter(
  request: messages.ConstructRequest,
  { settings, config }: Runtime,
  { engine }: Plugin,
): Promise<void> {
  if (engine.address === undefined)
    throw new Error("a component is made only by an engine, whose address is not known");
  settings.resetOptions(
    request.getProject(),
    request.getStack(),
    request.getParallel(),
    engine.address,
    request.getMonitorendpoint(),
    request.getDryrun(),
    request.getOrganization(),
  );
  await settings.awaitFeatureSupport();
  config.setAllConfig(
    Object.fromEntries(request.getConfigMap().entries()),
    request.getConfigsecretkeysList(),
  );
}

/** An input that must be plain may come as an output all the same, say as a secret: its names are known, its members need not be. */
function withPlain(
  inputs: Inputs,
  { plain = [] }: ComponentType,
  request: messages.ConstructRequest,
): Inputs {
  const decoded = decode(request.getInputs());
  const opened = plain.map((name) => {
    const input: unknown = inputs[name];
    return [name, isOutput(input) ? openedOutput(input, reveal(decoded[name] ?? null), 2) : input];
  });
  return { ...inputs, ...Object.fromEntries(opened) };
}

/** The names of an output that are known, down to a depth, each with the output of what it stands for. */
function openedOutput(output: Output<unknown>, known: Value, depth: number): unknown {
  const member = (key: string | number, value: Value) => {
    const lifted = output.apply((whole) => (whole as Record<string | number, unknown>)[key]);
    return depth > 1 ? openedOutput(lifted, value, depth - 1) : lifted;
  };
  if (Array.isArray(known)) return known.map((value, index) => member(index, value));
  if (isObject(known))
    return Object.fromEntries(Object.entries(known).map(([key, value]) => [key, member(key, value)]));
  return depth === 2 ? known : output;
}

const isOutput = (value: unknown): value is Output<unknown> =>
  typeof value === "object" && value !== null && "__pulumiOutput" in value;

const underWay = new Set<(error: unknown) => void>();
const making = new AsyncLocalStorage<(error: unknown) => void>();
let watching = false;

/**
 * A child that cannot be registered shows as a promise that nobody awaited. Node tells in whose making it was rejected; where
 * it does not, every component that is being made fails with it, as the alternative would be to wait for ever.
 */
async function untilFirstFailure<T>(work: () => Promise<T>): Promise<T> {
  if (!watching) process.on("unhandledRejection", fail);
  watching = true;
  const { promise, reject } = Promise.withResolvers<never>();
  underWay.add(reject);
  try {
    return await Promise.race([making.run(reject, work), promise]);
  } finally {
    underWay.delete(reject);
  }
}

function fail(error: unknown): void {
  const own = making.getStore();
  const failing = own === undefined ? [...underWay] : underWay.has(own) ? [own] : [];
  if (failing.length === 0) console.error("an error came after the component it belongs to was done:", error);
  for (const each of failing) each(error);
}
