import type { Path, Violation } from "@pulumi-appmesh/model";
import { isUnknown, type ObjectValue } from "../../server/values.js";
import { violation } from "../check.js";
import { Known } from "../known.js";
import type { Partly } from "../partly.js";
import type { ContainerDefinition } from "./container-definition.js";
import type { TaskVolume } from "./task-volume.js";

type Container = Partly<ContainerDefinition>;
type Volume = Partly<TaskVolume>;

/** What a volume is; without any of them it is a folder of the task's own. */
const kinds = [
  "hostPath",
  "dockerVolumeConfiguration",
  "efsVolumeConfiguration",
  "fsxWindowsFileServerVolumeConfiguration",
  "s3filesVolumeConfiguration",
] as const;

/** What is wrong with the volumes of a task, and with what its containers mount. */
export function* volumeViolations(inputs: ObjectValue): Generator<Violation> {
  const known = new Known(inputs, isUnknown);
  const {
    volumes = [],
    containerDefinitions = [],
    envoy,
    tracing,
    requiresCompatibilities,
  } = known.value as {
    readonly volumes?: readonly (Volume | undefined)[];
    readonly containerDefinitions?: readonly (Container | undefined)[];
    readonly envoy?: { readonly container?: Container };
    readonly tracing?: { readonly container?: Container };
    readonly requiresCompatibilities?: readonly string[];
  };
  const fargate =
    !known.isOpen(["requiresCompatibilities"]) &&
    (requiresCompatibilities ?? ["FARGATE"]).includes("FARGATE");
  const names = new Map<string, number>();
  for (const [index, volume] of volumes.entries()) {
    if (volume === undefined) continue;
    const path = ["volumes", index] as const;
    yield* nameViolations(volume, path, names);
    yield* kindViolations(volume, path, fargate, known);
  }
  if (known.isOpen(["volumes"])) return;
  const mounting: readonly (readonly [Path, Container | undefined])[] = [
    ...containerDefinitions.map((each, index) => [["containerDefinitions", index], each] as const),
    [["envoy", "container"], envoy?.container],
    [["tracing", "container"], tracing?.container],
  ];
  for (const [path, container] of mounting) {
    for (const [at, { sourceVolume } = {}] of (container?.mountPoints ?? []).entries()) {
      if (sourceVolume === undefined || names.has(sourceVolume)) continue;
      yield violation(
        [...path, "mountPoints", at, "sourceVolume"],
        sourceVolume,
        `${JSON.stringify(sourceVolume)} was given, which is none of the volumes; there are ${[...names.keys()].join(", ") || "none"}. ` +
          "Name one of them, or add it to volumes.",
      );
    }
  }
}

function* nameViolations({ name }: Volume, path: Path, names: Map<string, number>): Generator<Violation> {
  if (name === undefined) return;
  const before = names.get(name);
  if (before === undefined) names.set(name, Number(path[1]));
  else
    yield violation(
      [...path, "name"],
      name,
      `${JSON.stringify(name)} was given, the name of volumes[${before}]; a name that no other volume has is allowed.`,
    );
}

function* kindViolations(volume: Volume, path: Path, fargate: boolean, known: Known): Generator<Violation> {
  const given = kinds.filter((kind) => volume[kind] !== undefined);
  const [first, second] = given;
  if (first !== undefined && second !== undefined) {
    yield violation(
      [...path, second],
      volume[second],
      `it was given beside ${first}; a volume is one of them. Leave one of both out.`,
    );
  }
  for (const kind of ["hostPath", "dockerVolumeConfiguration"] as const) {
    if (!fargate || volume[kind] === undefined) continue;
    yield violation(
      [...path, kind],
      volume[kind],
      "it was given; only tasks on instances have it. Leave it out for a folder of the task's own, or let requiresCompatibilities " +
        'be ["EC2"].',
    );
  }
  if (volume.fsxWindowsFileServerVolumeConfiguration !== undefined) {
    yield violation(
      [...path, "fsxWindowsFileServerVolumeConfiguration"],
      volume.fsxWindowsFileServerVolumeConfiguration,
      "it was given; only tasks on Windows have it, and Envoy runs on Linux. Leave it out.",
    );
  }
  const { efsVolumeConfiguration: efs } = volume;
  const at = [...path, "efsVolumeConfiguration"];
  const { accessPointId, iam } = efs?.authorizationConfig ?? {};
  const secured = accessPointId !== undefined ? "an accessPointId" : iam === "ENABLED" ? "iam" : undefined;
  if (
    secured !== undefined &&
    efs?.transitEncryption !== "ENABLED" &&
    !known.isOpen([...at, "transitEncryption"])
  ) {
    yield violation(
      [...at, "transitEncryption"],
      efs?.transitEncryption,
      `${efs?.transitEncryption === undefined ? "nothing" : '"DISABLED"'} was given; "ENABLED" is required beside ${secured}.`,
    );
  }
  if (accessPointId !== undefined && efs?.rootDirectory !== undefined && efs.rootDirectory !== "/") {
    yield violation(
      [...at, "rootDirectory"],
      efs.rootDirectory,
      `${JSON.stringify(efs.rootDirectory)} was given; "/" is allowed beside an accessPointId, which has a folder of its own. Leave it out.`,
    );
  }
}
