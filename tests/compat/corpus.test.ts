import assert from "node:assert/strict";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { Boto3 } from "./boto3.js";
import { corpus, type Request } from "./corpus/corpus.js";
import { camel, snake } from "./names.js";

describe("requests of the kinds that App Mesh's users send", function () {
  this.timeout(180_000);
  const stories = corpus();
  let controlPlane: ControlPlane;
  let boto3: Boto3;

  before(async () => {
    controlPlane = await startControlPlane();
    boto3 = await Boto3.start(controlPlane);
  });
  after(async () => {
    await boto3?.stop();
    await controlPlane?.stop();
  });
  afterEach(() => boto3.deleteEverything());

  it("are several hundred, of all kinds", () => {
    const counts = new Map<string, number>();
    for (const { requests } of stories) {
      for (const { operation } of requests) counts.set(operation, (counts.get(operation) ?? 0) + 1);
    }
    const kinds = "Mesh VirtualNode VirtualRouter Route VirtualService VirtualGateway GatewayRoute".split(
      " ",
    );
    const wanted = kinds.flatMap((kind) => [`Create${kind}`, `Update${kind}`]);
    assert.deepEqual([...counts.keys()].sort(), [...wanted, "TagResource", "UntagResource"].sort());
    const total = [...counts.values()].reduce((sum, count) => sum + count);
    assert.ok(total >= 400, `${total} requests`);
  });

  for (const { name, requests } of stories) {
    it(`pass unchanged and come back unchanged: ${name}`, async () => {
      const entities = new Map<string, { given: object; version: number }>();
      for (const [n, request] of requests.entries()) {
        const answer = await boto3.ok(snake(request.operation), request.input);
        const title = request.operation.replace(/^(Create|Update)/, "");
        if (title === request.operation) continue;
        const { metadata, status, ...given } = answer[camel(title)];
        const version = (entities.get(metadata.arn)?.version ?? 0) + 1;
        assert.deepEqual(
          { given, status, version: metadata.version },
          { given: sent(request), status: { status: "ACTIVE" }, version },
          `request ${n}, ${request.operation}`,
        );
        entities.set(metadata.arn, { given, version });
      }
      // Nor has any of them changed another one. Read as it is on the wire: boto3 leaves out what its model lacks.
      for (const [arn, { given, version }] of entities) {
        const { body } = await controlPlane.call("GET", pathOf(arn));
        const { metadata, status, ...described } = body;
        assert.deepEqual(described, given);
        assert.deepEqual([metadata.version, status], [version, { status: "ACTIVE" }]);
      }
      const tags = tagsIn(requests);
      for (const [arn, expected] of tags) {
        const listed = await boto3.ok("list_tags_for_resource", { resourceArn: arn });
        assert.deepEqual(new Map(listed.tags.map((tag: Tag) => [tag.key, tag.value])), expected, arn);
      }
    });
  }
});

/** What a request makes, with its names. A mesh may be made without a spec, which is then answered empty. */
function sent({ input }: Request): object {
  const { spec = {}, tags: _, meshOwner: __, ...names } = input;
  return { ...names, spec };
}

interface Tag {
  readonly key: string;
  readonly value: string;
}

/** The tags of each resource in the end, as TagResource and UntagResource among these requests leave them. */
function tagsIn(requests: readonly Request[]): Map<string, Map<string, string>> {
  const all = new Map<string, Map<string, string>>();
  const of = (arn: string) => all.get(arn) ?? all.set(arn, new Map()).get(arn);
  for (const { operation, input } of requests) {
    if (operation === "UntagResource") {
      for (const key of input.tagKeys as string[]) of(input.resourceArn as string)?.delete(key);
    } else if (input.tags !== undefined) {
      const arn = (input.resourceArn as string | undefined) ?? arnOf(input as Record<string, string>);
      for (const { key, value } of input.tags as Tag[]) of(arn)?.set(key, value);
    }
  }
  return all;
}

const segments: readonly (readonly [string, string])[] = [
  ["meshName", "mesh"],
  ["virtualNodeName", "virtualNode"],
  ["virtualRouterName", "virtualRouter"],
  ["routeName", "route"],
  ["virtualServiceName", "virtualService"],
  ["virtualGatewayName", "virtualGateway"],
  ["gatewayRouteName", "gatewayRoute"],
];

function arnOf(input: Readonly<Record<string, string>>): string {
  const path = segments.flatMap(([member, segment]) => (member in input ? [segment, input[member]] : []));
  return `arn:aws:appmesh:us-east-1:000000000000:${path.join("/")}`;
}

/** `…:mesh/shop/virtualRouter/r/route/x` -> `/v20190125/meshes/shop/virtualRouter/r/routes/x` */
function pathOf(arn: string): string {
  const parts = (arn.split(":")[5] ?? "").split("/").map(encodeURIComponent);
  parts[0] = "meshes";
  if (parts.length > 2) parts[parts.length - 2] += "s";
  return ["/v20190125", ...parts].join("/");
}
