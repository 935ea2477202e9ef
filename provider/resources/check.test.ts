import assert from "node:assert/strict";
import { type ObjectValue, Secret, UNKNOWN } from "../server/values.js";
import { type CheckInput, checkResource } from "./check.js";
import { type ResourceType, resourceTypes } from "./types.js";

const type = (title: string): ResourceType => resourceTypes.get(`appmesh:index:${title}`) as ResourceType;
const check = (title: string, news: ObjectValue, more: Partial<CheckInput> = {}) =>
  checkResource(type(title), { urnName: "catalog", olds: {}, seed: new Uint8Array(32), ...more, news });
const failures = (title: string, news: ObjectValue, more: Partial<CheckInput> = {}) =>
  check(title, news, more).failures;

const listener = { portMapping: { port: 8080, protocol: "http" } };
const dns = { dns: { hostname: "catalog.local" } };
const node = {
  meshName: "shop",
  virtualNodeName: "catalog-v1",
  spec: { listeners: [listener], serviceDiscovery: dns },
};

describe("the check of a resource", () => {
  it("gives the inputs back as they are where nothing is wrong", () => {
    assert.deepEqual(check("VirtualNode", node), { inputs: node, failures: [] });
  });

  it("leaves out what is null", () => {
    const news = { ...node, meshOwner: null, spec: { ...node.spec, logging: null } };
    assert.deepEqual(check("VirtualNode", news), { inputs: node, failures: [] });
  });

  it("makes up a name, the one that is there already first", () => {
    const named = (more: Partial<CheckInput>) => check("Mesh", {}, more);
    assert.deepEqual(named({}), { inputs: { meshName: "catalog-66687aa" }, failures: [] });
    assert.deepEqual(named({ autonaming: { mode: "propose", proposedName: "dev-catalog" } }), {
      inputs: { meshName: "dev-catalog" },
      failures: [],
    });
    assert.deepEqual(named({ olds: { meshName: "catalog-0123abc" } }), {
      inputs: { meshName: "catalog-0123abc" },
      failures: [],
    });
    assert.deepEqual(named({ autonaming: { mode: "disable", proposedName: "" } }), {
      inputs: {},
      failures: [
        {
          property: "meshName",
          reason: "a name is required, since automatic names are switched off (pulumi:autonaming).",
        },
      ],
    });
  });

  it("makes up no name for a virtual service, and no parent", () => {
    const reason = "nothing was given; it is required.";
    assert.deepEqual(failures("VirtualService", {}), [
      { property: "meshName", reason },
      { property: "virtualServiceName", reason },
      { property: "spec", reason },
    ]);
  });

  it("skips what is not known yet, and looks at the rest", () => {
    const news = {
      meshName: UNKNOWN,
      virtualNodeName: "catalog-v1",
      spec: { listeners: [{ portMapping: { port: UNKNOWN, protocol: "htp" } }], serviceDiscovery: UNKNOWN },
      tags: UNKNOWN,
    };
    const { inputs, failures } = check("VirtualNode", news);
    assert.deepEqual(inputs, news);
    assert.deepEqual(failures, [
      {
        property: "spec.listeners[0].portMapping.protocol",
        reason: '"htp" was given; "http", "tcp", "http2" or "grpc" is allowed.',
      },
    ]);
    assert.deepEqual(check("VirtualNode", { ...node, spec: UNKNOWN }).failures, []);
  });

  it("keeps what is secret, and does not show it", () => {
    const spec = {
      listeners: [{ portMapping: { port: new Secret(70_707), protocol: "http" } }],
      serviceDiscovery: new Secret(dns),
    };
    const news = { ...node, spec, tags: new Secret({ token: "x".repeat(257) }) };
    const { inputs, failures } = check("VirtualNode", news);
    assert.deepEqual(inputs, news);
    assert.deepEqual(failures, [
      {
        property: "spec.listeners[0].portMapping.port",
        reason: "a secret value was given; an integer from 1 to 65535 is allowed.",
      },
      {
        property: "tags.token",
        reason: "the tag is not allowed: a value has at most 256 characters, a key 1 to 128.",
      },
    ]);
    assert.doesNotMatch(JSON.stringify(failures), /70.?707|xxx/);
  });

  it("tells everything that is wrong at its place", () => {
    const news = {
      ...node,
      arn: "arn:aws:appmesh:...",
      nodeName: "catalog",
      meshOwner: "me",
      spec: { listeners: [{ portMapping: { port: 0, protocol: "http", name: "x" } }], serviceDiscovery: dns },
    };
    assert.deepEqual(failures("VirtualNode", news), [
      {
        property: "arn",
        reason: "it is set by the control plane and cannot be given; leave it out.",
      },
      {
        property: "nodeName",
        reason:
          "it is not a property of VirtualNode; meshName, virtualNodeName, meshOwner, spec and tags are allowed.",
      },
      { property: "meshOwner", reason: '"me" was given; a string of exactly 12 digits is allowed.' },
      {
        property: "spec.listeners[0].portMapping.port",
        reason: "0 was given; an integer from 1 to 65535 is allowed.",
      },
      {
        property: "spec.listeners[0].portMapping.name",
        reason: '"name" is not a member of PortMapping; port and protocol are allowed.',
      },
    ]);
  });

  it("knows the limits of tags", () => {
    const tags = (tags: ObjectValue | string) => failures("Mesh", { meshName: "shop", tags });
    assert.deepEqual(tags({ team: "shop", "app.kubernetes.io/name": "" }), []);
    assert.deepEqual(tags("team"), [
      { property: "tags", reason: 'tags are a map of texts; give an object such as {team: "shop"}.' },
    ]);
    assert.deepEqual(
      tags(Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`tag${index}`, ""]))),
      [
        {
          property: "tags",
          reason: "51 tags were given; at most 50 are allowed, the provider's defaultTags included.",
        },
      ],
    );
    assert.deepEqual(tags({ "": "x", team: 1 }), [
      {
        property: 'tags[""]',
        reason:
          'the key of a tag has 1 to 128 characters: "" was given; a string of 1 to 128 characters is allowed.',
      },
      { property: "tags.team", reason: "1 was given; a string of at most 256 characters is allowed." },
    ]);
  });
});
