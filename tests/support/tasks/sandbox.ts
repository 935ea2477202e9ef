// What a container is made of, without a container runtime: a file system of its own over this machine's, its own
// processes, the network of its group, its user, its rights. All of it is gone when its first process ends.
import { fileLimit } from "../process-status.js";
import type { ContainerSpec, Mount } from "./container-group.js";
import { hidden, type Image } from "./images.js";

/** Docker's default: what root may do in a container. */
const usualCapabilities = [
  ...["chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap", "net_bind_service"],
  ...["net_raw", "sys_chroot", "mknod", "audit_write", "setfcap"],
];

export interface Place {
  /** A folder of this machine that the file system may be put together in. */
  readonly stage: string;
  /** Files of this machine that are shown as /etc/hosts and /etc/resolv.conf. */
  readonly hosts: string;
  readonly resolvConf: string;
  /** Folders of this machine by volume. */
  readonly volumes: Readonly<Record<string, string>>;
  /** The clone, which the programs of images are part of. */
  readonly clone: string;
  readonly hostname: string;
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** The shell script that becomes the first process of the container. */
export function sandboxScript(spec: ContainerSpec, image: Image, place: Place): string {
  const root = `${place.stage}/root`;
  const at = (path: string) => quoted(`${root}${path}`);
  const bind = (source: string, path: string, readOnly: boolean) => [
    `if [ -d ${quoted(source)} ]; then mkdir -p ${at(path)}; else mkdir -p "$(dirname ${at(path)})"; [ -e ${at(path)} ] || : > ${at(path)}; fi`,
    `mount --bind ${quoted(source)} ${at(path)}`,
    ...(readOnly ? [`mount -o remount,bind,ro ${at(path)}`] : []),
  ];
  const upper = `${place.stage}/upper`;
  const lines = [
    "set -e",
    "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    `hostname ${quoted(place.hostname)}`,
    `mount -t tmpfs -o mode=0755 tmpfs ${quoted(place.stage)}`,
    `mkdir -p ${quoted(upper)}/usr/bin ${quoted(`${place.stage}/work`)} ${quoted(root)}`,
    // A device 0/0 hides what is below it.
    ...(image.lacks ?? []).flatMap((program) =>
      ["/usr/local/bin", "/usr/bin", "/usr/sbin"].map(
        (folder) =>
          `if [ -e ${folder}/${program} ]; then mkdir -p ${upper}${folder}; mknod ${upper}${folder}/${program} c 0 0; fi`,
      ),
    ),
    `mount -t overlay overlay -o ${quoted(`lowerdir=/,upperdir=${upper},workdir=${place.stage}/work`)} ${quoted(root)}`,
    `mount -t proc proc ${at("/proc")}`,
    `mount --rbind /dev ${at("/dev")}`,
    `mount -t tmpfs -o mode=1777 tmpfs ${at("/dev/shm")}`,
    `mount --rbind /sys ${at("/sys")}`,
    ...["/tmp", "/var/tmp"].map((path) => `mount -t tmpfs -o mode=1777 tmpfs ${at(path)}`),
    ...["/root", "/run", "/home"].map((path) => `mount -t tmpfs -o mode=0755 tmpfs ${at(path)}`),
    ...(image.shell === false
      ? ["/usr/bin", "/usr/sbin", "/usr/local/bin"].map((path) => `mount -t tmpfs tmpfs ${at(path)}`)
      : []),
    ...bind(place.clone, hidden.clone, true),
    // What starts programs inside is there even where the image has no programs.
    ...["env", "prlimit", "setpriv"].flatMap((program) => [
      `mkdir -p ${at(hidden.tools)}; : > ${at(`${hidden.tools}/${program}`)}`,
      `mount --bind "$(command -v ${program})" ${at(`${hidden.tools}/${program}`)}`,
    ]),
    ...Object.entries(image.files ?? {}).flatMap(([path, { text, mode }]) => [
      `mkdir -p "$(dirname ${at(path)})"; printf %s ${quoted(text)} > ${at(path)}; chmod ${mode.toString(8)} ${at(path)}`,
    ]),
    ...Object.entries(image.programs ?? {}).flatMap(([path, source]) => bind(source, path, true)),
    ...bind(place.hosts, "/etc/hosts", false),
    ...bind(place.resolvConf, "/etc/resolv.conf", false),
    ...(spec.mounts ?? []).flatMap((mount) => bind(sourceOf(mount, place), mount.path, mount.readOnly)),
    ...(spec.readOnlyRoot ? [`mount -o remount,bind,ro ${quoted(root)}`] : []),
    `exec chroot ${quoted(root)} ${enter(spec, image, place.hostname).map(quoted).join(" ")}`,
  ];
  return `${lines.join("\n")}\n`;
}

function sourceOf({ volume, subPath }: Mount, { volumes }: Place): string {
  const folder = volumes[volume];
  if (folder === undefined) throw new Error(`there is no volume ${volume}`);
  return subPath === undefined ? folder : `${folder}/${subPath}`;
}

/** Inside, with its user, its rights and its environment: the command of the container, or another. */
export function enter(
  spec: ContainerSpec,
  image: Image,
  hostname: string,
  command = commandOf(spec, image),
): readonly string[] {
  const { openFiles, noNewPrivileges } = spec;
  const environment = {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOSTNAME: hostname,
    // What `npm test` tells the processes that it has started by.
    ...(process.env.APPMESH_TEST_PART && { APPMESH_TEST_PART: process.env.APPMESH_TEST_PART }),
    ...image.environment,
    ...spec.environment,
  };
  return [
    ...(openFiles
      ? [`${hidden.tools}/prlimit`, `--nofile=${possible(openFiles.soft)}:${possible(openFiles.hard)}`]
      : []),
    ...[
      `${hidden.tools}/setpriv`,
      "--pdeathsig",
      "KILL",
      ...rights(spec),
      ...userOf(spec.user ?? image.user, spec.groups),
    ],
    ...(noNewPrivileges ? ["--no-new-privs"] : []),
    ...[`${hidden.tools}/env`, "-i", "-C", spec.workingDirectory ?? image.workingDirectory ?? "/"],
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    ...command,
  ];
}

/** A machine that lets nobody raise its own limit has containers keep to it. */
const possible = (files: number) => Math.min(files, fileLimit("self", "hard"));

/** As Docker has it: an entry point that is given takes the image's command away. */
export function commandOf(spec: ContainerSpec, image: Image): readonly string[] {
  const entryPoint = spec.entryPoint ?? image.entryPoint ?? [];
  const command = spec.command ?? (spec.entryPoint === undefined ? image.command : undefined) ?? [];
  const all = [...entryPoint, ...command];
  if (all.length === 0) throw new Error(`container ${spec.name}: neither it nor its image has a command`);
  return all;
}

function rights({ capabilities = {} }: ContainerSpec): readonly string[] {
  const name = (capability: string) => capability.toLowerCase().replace(/^cap_/, "");
  const drop = new Set((capabilities.drop ?? []).map(name));
  const kept = drop.has("all") ? [] : usualCapabilities.filter((capability) => !drop.has(capability));
  const all = [...new Set([...kept, ...(capabilities.add ?? []).map(name)])];
  return ["--inh-caps=-all", `--bounding-set=${["-all", ...all.map((one) => `+${one}`)].join(",")}`];
}

/** A user without an entry in the image's /etc/passwd is of root's group, where none is given. */
function userOf(user = "0", groups: readonly number[] = []): readonly string[] {
  const further = groups.length > 0 ? ["--groups", groups.join()] : ["--clear-groups"];
  const [uid = "", gid] = (user === "" ? "0" : user).split(":");
  const named = !/^\d+$/.test(uid);
  if (named && gid === undefined) return ["--reuid", uid, "--init-groups"];
  return ["--reuid", uid, "--regid", gid ?? "0", ...further];
}

/** The command that makes the namespaces of a container and runs the script there. It dies with this process. */
export const sandboxed = (script: string): readonly string[] => [
  ...["setpriv", "--pdeathsig", "KILL"],
  ...["unshare", "--mount", "--pid", "--uts", "--fork", "--kill-child=KILL", "sh", script],
];

/** The command that runs another in a container, by the id of its first process. */
export const joined = (pid: number): readonly string[] => [
  ...["setpriv", "--pdeathsig", "KILL"],
  ...["nsenter", "--target", String(pid), "--mount", "--pid", "--net", "--uts", "--root", "--wd", "--"],
];
