// App Mesh as Kubernetes has it: the objects of group appmesh.k8s.aws, version v1beta2, derived from the model.
export * from "./convert.js";
export * from "./definitions.js";
export * from "./kinds.js";
export * from "./names.js";
export {
  memberInModel,
  membersInManifests,
  type Referable,
  referenceTo,
  type Substitute,
  substitutes,
} from "./words.js";
