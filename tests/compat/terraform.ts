// What Terraform's AWS provider asks of App Mesh, in its order: the provider itself cannot be had from Go's module
// proxy (none of its releases since 2.0 is a module version), so that its requests are written down here, as its
// source and its public acceptance tests show them.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Boto3 } from "./boto3.js";
import { camel, snake } from "./names.js";

type Tags = Readonly<Record<string, string>>;

export interface Configuration {
  readonly spec: object;
  readonly tags?: Tags;
}

/** One resource of a state: aws_appmesh_mesh, aws_appmesh_virtual_node and so on. */
export class TerraformResource {
  readonly #boto3: Boto3;
  /** As in AWS's operation names. */
  readonly #title: string;
  /** What names it: `{ meshName: …, virtualNodeName: … }`. */
  readonly #names: Readonly<Record<string, string>>;
  #configuration: Configuration | undefined;
  /** What the last read gave: computed attributes. */
  #metadata: { arn: string; uid: string; meshOwner: string; version: number } | undefined;

  constructor(boto3: Boto3, title: string, names: Readonly<Record<string, string>>) {
    this.#boto3 = boto3;
    this.#title = title;
    this.#names = names;
  }

  /** As the last read gave them. */
  get arn(): string {
    return this.#metadata?.arn ?? "";
  }
  get uid(): string | undefined {
    return this.#metadata?.uid;
  }
  get version(): number | undefined {
    return this.#metadata?.version;
  }

  /** The whole ID of `terraform import`: mesh/name, mesh/parent/name. */
  get importId(): string {
    return Object.values(this.#names).join("/");
  }

  /** `apply` where the state has none: create, then read. */
  async create(configuration: Configuration): Promise<void> {
    await this.#boto3.ok(`create_${snake(this.#title)}`, {
      ...this.#names,
      clientToken: randomUUID(),
      spec: configuration.spec,
      // The provider's list is empty, not absent, without tags.
      tags: list(configuration.tags ?? {}),
    });
    this.#configuration = configuration;
    await this.#expectNoDifference();
    assert.equal(this.#metadata?.version, 1);
  }

  /** `apply` after a change of the program: the spec in place, tags each on their own, then read. */
  async update(configuration: Configuration): Promise<void> {
    const before = this.#configuration ?? { spec: {} };
    if (JSON.stringify(before.spec) !== JSON.stringify(configuration.spec)) {
      await this.#boto3.ok(`update_${snake(this.#title)}`, {
        ...this.#names,
        ...this.#owner(),
        clientToken: randomUUID(),
        spec: configuration.spec,
      });
    }
    const [old, wanted] = [before.tags ?? {}, configuration.tags ?? {}];
    const resourceArn = this.arn;
    const tagKeys = Object.keys(old).filter((key) => !(key in wanted));
    if (tagKeys.length > 0) await this.#boto3.ok("untag_resource", { resourceArn, tagKeys });
    const changed = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => old[key] !== value));
    if (Object.keys(changed).length > 0)
      await this.#boto3.ok("tag_resource", { resourceArn, tags: list(changed) });
    this.#configuration = configuration;
    await this.#expectNoDifference();
  }

  /** `plan`: what is read is what the program says. Twice, as acceptance tests ask for an empty second plan. */
  async #expectNoDifference(): Promise<void> {
    for (const _ of ["plan", "second plan"]) {
      const read = await this.read();
      assert.deepEqual(read, { spec: this.#configuration?.spec, tags: this.#configuration?.tags ?? {} });
    }
  }

  /** Refreshes the state; undefined where the resource is gone, so that it is taken out of the state. */
  async read(): Promise<{ spec: object; tags: Tags } | undefined> {
    const [found, error] = await this.#boto3.either(`describe_${snake(this.#title)}`, {
      ...this.#names,
      ...this.#owner(),
    });
    if (error) {
      assert.equal(error.code, "NotFoundException");
      return undefined;
    }
    const { metadata, spec, status, ...names } = found[camel(this.#title)];
    assert.deepEqual({ names, status }, { names: this.#names, status: { status: "ACTIVE" } });
    // The ID in the state is the uid: another one would be another resource.
    if (this.#metadata) assert.equal(metadata.uid, this.#metadata.uid);
    this.#metadata = metadata;
    const { tags } = await this.#boto3.ok("list_tags_for_resource", { resourceArn: this.arn });
    return {
      spec,
      tags: Object.fromEntries(tags.map(({ key, value }: { key: string; value: string }) => [key, value])),
    };
  }

  /** `terraform import`: all that is given is the ID, and all else is read. */
  async import(): Promise<void> {
    const { importId } = this;
    const members = Object.keys(this.#names);
    const names = Object.fromEntries(importId.split("/").map((name, n) => [members[n], name]));
    const found = await this.#boto3.ok(`describe_${snake(this.#title)}`, names);
    assert.equal(found[camel(this.#title)].metadata.uid, this.#metadata?.uid);
  }

  /** Once: whether it is gone. In use is an error that the user sees, or the provider tries again. */
  async delete(): Promise<"gone" | "in use"> {
    const [, error] = await this.#boto3.either(`delete_${snake(this.#title)}`, {
      ...this.#names,
      ...this.#owner(),
    });
    if (error?.code === "ResourceInUseException") return "in use";
    // Somebody else may have deleted it: that is as good.
    if (error) assert.equal(error.code, "NotFoundException");
    assert.equal(await this.read(), undefined);
    return "gone";
  }

  /** The provider names the owner once it has read one; never to change a mesh itself. */
  #owner(): object {
    if (!this.#metadata || this.#title === "Mesh") return {};
    return { meshOwner: this.#metadata.meshOwner };
  }
}

const list = (tags: Tags) => Object.entries(tags).map(([key, value]) => ({ key, value }));
