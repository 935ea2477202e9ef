// The volumes of a pod, with their files.
import { onlyKnown, Unsupported, type Volume } from "./container-group.js";
import { whole } from "./pod-environment.js";
import type { Items, Pod, PodSurroundings, PodVolume } from "./pod-spec.js";

export function volumeOf(volume: PodVolume, { spec }: Pod, surroundings: PodSurroundings): Volume {
  const { secrets = {}, configMaps = {}, token } = surroundings;
  const path = `spec.volumes.${volume.name}`;
  onlyKnown(path, volume, ["name", "emptyDir", "secret", "configMap", "projected", "persistentVolumeClaim"]);
  const { fsGroup } = spec.securityContext ?? {};
  const group = fsGroup === undefined ? {} : { group: fsGroup };
  const files = (data: Readonly<Record<string, string>>, mode: number, items: Items["items"]): Files => {
    const listed = items ?? Object.keys(data).map((key) => ({ key, path: key }));
    return Object.fromEntries(
      listed.map((item) => {
        const text = data[item.key];
        if (text === undefined) throw new Unsupported(`${path}: there is no key ${item.key}`);
        return [item.path, { text, mode: ("mode" in item ? item.mode : undefined) ?? mode }];
      }),
    );
  };
  if (volume.persistentVolumeClaim) {
    const { claimName } = volume.persistentVolumeClaim;
    const folder = surroundings.claims?.[claimName];
    if (folder === undefined)
      throw new Unsupported(`${path}: persistentvolumeclaim "${claimName}" not found`);
    // Of the kubelet: what is written there stays its group's.
    return { mode: fsGroup === undefined ? 0o755 : 0o2770, ...group, folder };
  }
  if (volume.secret) {
    const { secretName, optional, items, defaultMode = 0o644 } = volume.secret;
    const data = whole("secret", secrets, { name: secretName, ...(optional && { optional }) }) ?? {};
    return { mode: 0o755, ...group, files: files(data, defaultMode, items) };
  }
  if (volume.configMap) {
    const { items, defaultMode = 0o644 } = volume.configMap;
    return {
      mode: 0o755,
      ...group,
      files: files(whole("config map", configMaps, volume.configMap) ?? {}, defaultMode, items),
    };
  }
  if (volume.projected) {
    const { sources, defaultMode = 0o644 } = volume.projected;
    const all = sources.map((source): Files => {
      onlyKnown(`${path}.projected.sources`, source, ["secret", "configMap", "serviceAccountToken"]);
      const { secret, configMap, serviceAccountToken } = source;
      if (secret) return files(whole("secret", secrets, secret) ?? {}, defaultMode, secret.items);
      if (configMap)
        return files(whole("config map", configMaps, configMap) ?? {}, defaultMode, configMap.items);
      if (token === undefined) throw new Unsupported(`${path}: this cluster gives no tokens`);
      const { path: at = "token", audience } = serviceAccountToken ?? {};
      // Of the kubelet: with fsGroup for that group; else for whoever mounts it, unless all containers have one user.
      return { [at]: { text: token(audience), mode: fsGroup === undefined ? defaultMode : 0o640 } };
    });
    return { mode: 0o755, ...group, files: Object.assign({}, ...all) };
  }
  return { mode: 0o777, ...group };
}

type Files = NonNullable<Volume["files"]>;
