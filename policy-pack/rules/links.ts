/** A page of Envoy's documentation, of the version that the project runs. */
export const envoy = (page: string): string => `https://www.envoyproxy.io/docs/envoy/v1.40.0/${page}`;

/** A page of the developer guide of Amazon ECS. */
export const ecs = (page: string): string =>
  `https://docs.aws.amazon.com/AmazonECS/latest/developerguide/${page}`;
