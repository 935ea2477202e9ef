// Which containers may wait for which.
import { type ContainerGroup, type ContainerSpec, Unsupported } from "./container-group.js";

/** As ECS refuses them when a task definition is registered. */
export function checkDependencies({ name, containers }: ContainerGroup): void {
  const byName = new Map(containers.map((spec) => [spec.name, spec]));
  if (byName.size < containers.length) throw new Unsupported(`${name}: two containers have the same name`);
  const path: string[] = [];
  const follow = (spec: ContainerSpec) => {
    if (path.includes(spec.name))
      throw new Unsupported(`${name}: ${[...path, spec.name].join(" → ")} is a circle`);
    path.push(spec.name);
    for (const { container, condition } of spec.dependsOn ?? []) {
      const dependency = byName.get(container);
      if (dependency === undefined)
        throw new Unsupported(`${name}: ${spec.name} depends on ${container}, which is not there`);
      if (condition === "HEALTHY" && dependency.readiness === undefined) {
        throw new Unsupported(
          `${name}: ${spec.name} waits for ${container} to be HEALTHY, which has no health check`,
        );
      }
      if ((condition === "COMPLETE" || condition === "SUCCESS") && dependency.essential) {
        throw new Unsupported(`${name}: ${spec.name} waits for the end of ${container}, which is essential`);
      }
      follow(dependency);
    }
    path.pop();
  };
  for (const spec of containers) follow(spec);
}
