// AWS App Mesh as software that its users own: the same mesh model and API, with plain Envoy as data plane, on ECS, Fargate, EKS, EC2 and a laptop.
package appmesh
