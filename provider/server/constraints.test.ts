// Every constraint of the model, broken once, as the engine sends it: the plugin's Check tells of it at its place, with
// what was given and what is allowed.
import assert from "node:assert/strict";
import { credentials } from "@grpc/grpc-js";
import type { Path } from "@pulumi-appmesh/model";
import { type Broken, breakages } from "@pulumi-appmesh/model/testing";
import fc from "fast-check";
import { formatPropertyPath } from "../resources/property-path.js";
import { resourceTypes } from "../resources/types.js";
import { messages, rpc } from "./protocol.js";
import { serve } from "./serve.js";
import type { ObjectValue, Value } from "./values.js";
import { encode } from "./wire.js";

describe("every constraint of the model", function () {
  this.timeout(120_000);
  let plugin: Awaited<ReturnType<typeof serve>>;
  let client: InstanceType<typeof rpc.ResourceProviderClient>;
  before(async () => {
    plugin = await serve(undefined);
    client = new rpc.ResourceProviderClient(`127.0.0.1:${plugin.port}`, credentials.createInsecure());
  });
  after(() => {
    client.close();
    plugin.close();
  });

  const check = (title: string, news: ObjectValue) =>
    new Promise<Map<string, string>>((resolve, reject) => {
      const request = new messages.CheckRequest()
        .setUrn(`urn:pulumi:dev::shop::appmesh:index:${title}::catalog`)
        .setNews(encode(news))
        .setRandomseed(new Uint8Array(32));
      client.check(request, (error, response) => {
        if (error !== null) return reject(error);
        const failures = response.getFailuresList();
        resolve(new Map(failures.map((failure) => [failure.getProperty(), failure.getReason()])));
      });
    });

  for (const { entity, nameMembers } of resourceTypes.values()) {
    it(`is told where a ${entity.title} breaks it`, async () => {
      const names = Object.fromEntries(nameMembers.map((name) => [name, "shop"]));
      const untold: string[] = [];
      let broken = 0;
      for (const { place, constraint, values } of breakages(entity.spec)) {
        // To Pulumi, null is the same as nothing.
        const [drawn] = fc.sample(values.filter(isSent), { numRuns: 1, seed: 7 });
        const { value, path } = drawn as Broken;
        const where = formatPropertyPath(["spec", ...path]);
        const told = await check(entity.title, { ...names, spec: value as Value });
        broken++;
        const reason = told.get(where);
        if (reason === undefined || !/; .+(allowed|required|expected)/.test(reason))
          untold.push(`${place}: ${constraint}: ${where}: ${JSON.stringify([...told])}`);
      }
      assert.ok(broken > 5, `${broken} constraints`);
      assert.deepEqual(untold.slice(0, 5), []);
    });
  }
});

/** Protobuf's own maps cannot hold a member of that name. */
const isSent = ({ value, path }: Broken): boolean => path.at(-1) !== "__proto__" && at(value, path) !== null;
const at = (value: unknown, [step, ...rest]: Path): unknown =>
  step === undefined ? value : at((value as Record<string | number, unknown>)[step], rest);
