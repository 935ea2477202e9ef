import { type Example, type Made, output } from "./example.js";

/** One small program for each resource and component. What they have in common is said once. */
const mesh: Made = { variable: "mesh", type: "Mesh", name: "shop", inputs: { meshName: "shop" } };
const meshName = output("mesh", "meshName");
const listeners = [{ portMapping: { port: 8080, protocol: "http" } }];
const DAY = 24 * 60 * 60;
const dns = (hostname: string) => ({ dns: { hostname } });

const node = (version: string): Made => ({
  variable: version,
  type: "VirtualNode",
  name: `catalog-${version}`,
  inputs: {
    meshName,
    virtualNodeName: `catalog-${version}`,
    spec: { listeners, serviceDiscovery: dns(`catalog-${version}.shop.internal`) },
  },
});
const router: Made = {
  variable: "router",
  type: "VirtualRouter",
  name: "catalog",
  inputs: { meshName, virtualRouterName: "catalog", spec: { listeners } },
};
const service: Made = {
  variable: "catalog",
  type: "VirtualService",
  name: "catalog",
  inputs: {
    meshName,
    virtualServiceName: "catalog.shop.local",
    spec: { provider: { virtualRouter: { virtualRouterName: output("router", "virtualRouterName") } } },
  },
};
const gateway: Made = {
  variable: "ingress",
  type: "VirtualGateway",
  name: "ingress",
  inputs: {
    meshName,
    virtualGatewayName: "ingress",
    spec: { listeners, logging: { accessLog: { file: { path: "/dev/stdout" } } } },
  },
};
const version = (name: string, weight: number) => ({
  weight,
  serviceDiscovery: dns(`catalog-${name}.shop.internal`),
});

/** By type. */
export const examples: Readonly<Record<string, Example>> = {
  Mesh: {
    title: "A mesh that lets nothing out but to its own services",
    resources: [
      {
        ...mesh,
        inputs: { meshName: "shop", spec: { egressFilter: { type: "DROP_ALL" } }, tags: { team: "shop" } },
      },
    ],
  },
  VirtualNode: {
    title: "A version of a service, found by DNS, that calls another service",
    resources: [
      mesh,
      {
        ...node("v1"),
        inputs: {
          ...node("v1").inputs,
          spec: {
            listeners,
            serviceDiscovery: dns("catalog-v1.shop.internal"),
            backends: [{ virtualService: { virtualServiceName: "ratings.shop.local" } }],
          },
        },
      },
    ],
  },
  VirtualRouter: { title: "A router for HTTP on one port", resources: [mesh, router] },
  Route: {
    title: "A canary: one request in twenty goes to the new version",
    resources: [
      mesh,
      node("v1"),
      node("v2"),
      router,
      {
        variable: "canary",
        type: "Route",
        name: "canary",
        inputs: {
          meshName,
          virtualRouterName: output("router", "virtualRouterName"),
          routeName: "canary",
          spec: {
            httpRoute: {
              match: { prefix: "/" },
              action: {
                weightedTargets: [
                  { virtualNode: output("v1", "virtualNodeName"), weight: 95 },
                  { virtualNode: output("v2", "virtualNodeName"), weight: 5 },
                ],
              },
            },
          },
        },
      },
    ],
  },
  VirtualService: {
    title: "A service whose traffic a router shares out",
    resources: [mesh, router, service],
  },
  VirtualGateway: { title: "A way into the mesh that logs its requests", resources: [mesh, gateway] },
  GatewayRoute: {
    title: "What begins with /catalog/ goes to one service",
    resources: [
      mesh,
      router,
      service,
      gateway,
      {
        variable: "route",
        type: "GatewayRoute",
        name: "catalog",
        inputs: {
          meshName,
          virtualGatewayName: output("ingress", "virtualGatewayName"),
          gatewayRouteName: "catalog",
          spec: {
            httpRoute: {
              match: { prefix: "/catalog/" },
              action: {
                target: { virtualService: { virtualServiceName: output("catalog", "virtualServiceName") } },
              },
            },
          },
        },
      },
    ],
  },
  MeshSettings: {
    title: "Mutual TLS between all proxies of a mesh, without certificates to handle",
    resources: [
      mesh,
      {
        variable: "settings",
        type: "MeshSettings",
        name: "shop",
        inputs: { meshName, managedTls: { mode: "STRICT" } },
      },
    ],
  },
  AccessKey: {
    title: "A key for CI, which may change one mesh, and is replaced every 60 days",
    resources: [
      {
        variable: "ci",
        type: "AccessKey",
        name: "ci",
        inputs: {
          description: "CI of the shop",
          scope: { meshes: ["shop"] },
          expiresInSeconds: 90 * DAY,
          renewBeforeSeconds: 30 * DAY,
        },
      },
    ],
    outputs: {
      accessKeyId: output("ci", "accessKeyId"),
      secretAccessKey: output("ci", "secretAccessKey"),
    },
  },
  ProxyIdentity: {
    title: "A token by which the proxies of a virtual node are known to the control plane",
    resources: [
      mesh,
      node("v1"),
      {
        variable: "identity",
        type: "ProxyIdentity",
        name: "catalog",
        inputs: { meshName, virtualNode: output("v1", "virtualNodeName"), kind: "token" },
      },
    ],
    outputs: {
      trust: output("identity", "trust"),
      token: output("identity", "token"),
      renewAt: output("identity", "renewAt"),
    },
  },
  MeshService: {
    title: "A service of two versions, whose traffic moves from the one to the other",
    resources: [
      mesh,
      {
        variable: "catalog",
        type: "MeshService",
        name: "catalog",
        inputs: {
          meshName,
          virtualServiceName: "catalog.shop.local",
          listener: { portMapping: { port: 8080, protocol: "http" } },
          versions: {
            v1: version("v1", 95),
            v2: {
              ...version("v2", 5),
              preview: { headers: [{ name: "x-preview", match: { exact: "v2" } }] },
            },
          },
        },
      },
    ],
  },
  Gateway: {
    title: "A gateway that brings traffic to a service by its path",
    resources: [
      mesh,
      {
        variable: "catalog",
        type: "MeshService",
        name: "catalog",
        inputs: {
          meshName,
          virtualServiceName: "catalog.shop.local",
          listener: { portMapping: { port: 8080, protocol: "http" } },
          versions: { v1: version("v1", 100) },
        },
      },
      {
        variable: "ingress",
        type: "Gateway",
        name: "ingress",
        inputs: {
          meshName,
          listeners,
          routes: {
            catalog: {
              virtualServiceName: output("catalog", "virtualServiceName"),
              httpRoute: { match: { prefix: "/catalog/" } },
            },
          },
        },
      },
    ],
  },
  AppMeshController: {
    title: "AWS's controller in a cluster, and a namespace whose pods get a proxy",
    resources: [
      {
        variable: "controller",
        type: "AppMeshController",
        name: "mesh",
        inputs: {
          region: "eu-west-1",
          accountId: "111122223333",
          controlPlane: { address: "10.0.12.34" },
          accessKey: { secretName: "appmesh-access-key" },
          injection: {
            xdsEndpoint: "xds.shop.internal:443",
            namespaces: { shop: { labels: { mesh: "shop" } } },
          },
        },
      },
    ],
    outputs: { namespace: output("controller", "namespace") },
  },
  MeshTaskDefinition: {
    title:
      "A task on Fargate whose one container is a virtual node of a mesh, with traces on their way to X-Ray",
    resources: [
      mesh,
      node("v1"),
      {
        variable: "task",
        type: "MeshTaskDefinition",
        name: "catalog",
        inputs: {
          meshName,
          virtualNode: output("v1", "virtualNodeName"),
          controlPlane: {
            host: "appmesh.shop.internal",
            trustFrom: "arn:aws:ssm:eu-west-1:123456789012:parameter/appmesh/trust",
            tokenFrom: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:appmesh/catalog-AbCdEf",
          },
          containerDefinitions: [
            { name: "catalog", image: "shop/catalog:1.4.2", portMappings: [{ containerPort: 8080 }] },
          ],
          cpu: 256,
          memory: 512,
          tracing: { samplingRate: 0.1 },
        },
      },
    ],
    outputs: { taskDefinitionArn: output("task", "taskDefinitionArn") },
  },
  MeshEcsService: {
    title: "One version of a service on Fargate, two tasks or more, which the tasks of a web site may call",
    resources: [
      mesh,
      {
        variable: "v1",
        type: "MeshEcsService",
        name: "catalog-v1",
        inputs: {
          meshName,
          clusterArn: "arn:aws:ecs:eu-west-1:123456789012:cluster/shop",
          vpcId: "vpc-0a1b2c3d",
          subnetIds: ["subnet-0a1b2c3d", "subnet-4e5f6a7b"],
          listeners,
          cloudMap: { namespaceId: "ns-0a1b2c3d4e5f", namespaceName: "shop.internal" },
          backends: ["prices.shop.internal"],
          clientSecurityGroupIds: { web: "sg-0a1b2c3d" },
          controlPlane: {
            host: "appmesh.shop.internal",
            trustFrom: "arn:aws:ssm:eu-west-1:123456789012:parameter/appmesh/trust",
            tokenFrom: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:appmesh/catalog-AbCdEf",
          },
          containerDefinitions: [
            { name: "catalog", image: "shop/catalog:1.4.2", portMappings: [{ containerPort: 8080 }] },
          ],
          autoscaling: { minCapacity: 2, maxCapacity: 10, cpuPercent: 60 },
        },
      },
      {
        variable: "catalog",
        type: "MeshService",
        name: "catalog",
        inputs: {
          meshName,
          virtualServiceName: "catalog.shop.internal",
          listener: { portMapping: { port: 8080, protocol: "http" } },
          versions: { v1: { weight: 1, virtualNodeName: output("v1", "virtualNodeName") } },
        },
      },
    ],
    outputs: {
      serviceName: output("v1", "serviceName"),
      securityGroupId: output("v1", "securityGroupId"),
    },
  },
  MeshGateway: {
    title:
      "Envoys on Fargate behind an Application Load Balancer, by which everybody reaches a service by HTTPS",
    resources: [
      mesh,
      {
        variable: "web",
        type: "MeshGateway",
        name: "web",
        inputs: {
          meshName,
          listeners,
          routes: { catalog: { virtualServiceName: "catalog.shop.internal" } },
          loadBalancer: {
            subnetIds: ["subnet-8c9d0e1f", "subnet-2a3b4c5d"],
            certificateArn:
              "arn:aws:acm:eu-west-1:123456789012:certificate/0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d",
          },
          clientCidrs: { everybody: "0.0.0.0/0" },
          clusterArn: "arn:aws:ecs:eu-west-1:123456789012:cluster/shop",
          vpcId: "vpc-0a1b2c3d",
          subnetIds: ["subnet-0a1b2c3d", "subnet-4e5f6a7b"],
          controlPlane: {
            host: "appmesh.shop.internal",
            trustFrom: "arn:aws:ssm:eu-west-1:123456789012:parameter/appmesh/trust",
            tokenFrom: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:appmesh/web-AbCdEf",
          },
          desiredCount: 2,
        },
      },
    ],
    outputs: {
      dnsName: output("web", "dnsName"),
      securityGroupId: output("web", "securityGroupId"),
    },
  },
  ProxyServiceAccount: {
    title:
      "The proxies of two virtual nodes, which are known to the control plane by the service account of their pods",
    resources: [
      mesh,
      {
        variable: "account",
        type: "ProxyServiceAccount",
        name: "catalog",
        inputs: {
          meshName,
          namespace: "shop",
          serviceAccountName: "catalog",
          virtualNodes: ["catalog-v1", "catalog-v2"],
        },
      },
    ],
    outputs: { serviceAccountName: output("account", "serviceAccountName") },
  },
  MeshDeployment: {
    title: "One version of a service on Kubernetes, whose pods prove who they are by their service account",
    resources: [
      mesh,
      {
        variable: "v1",
        type: "MeshDeployment",
        name: "catalog-v1",
        inputs: {
          meshName,
          namespace: "shop",
          listeners,
          backends: ["prices.shop.internal"],
          controlPlane: {
            host: "appmesh.shop.internal",
            trustFrom: { name: "appmesh-authorities", key: "ca.pem" },
          },
          interception: { image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/iptables:1.8" },
          podTemplate: {
            spec: {
              containers: [
                {
                  name: "catalog",
                  image: "shop/catalog:1.4.2",
                  ports: [{ containerPort: 8080 }],
                  readinessProbe: { httpGet: { path: "/healthy", port: 8080 } },
                },
              ],
            },
          },
          replicas: 2,
        },
      },
      {
        variable: "catalog",
        type: "MeshService",
        name: "catalog",
        inputs: {
          meshName,
          virtualServiceName: "catalog.shop.internal",
          listener: { portMapping: { port: 8080, protocol: "http" } },
          versions: { v1: { weight: 1, virtualNodeName: output("v1", "virtualNodeName") } },
        },
      },
    ],
    outputs: {
      hostname: output("v1", "hostname"),
      serviceAccountName: output("v1", "serviceAccountName"),
    },
  },
  MeshGatewayDeployment: {
    title: "Envoys on Kubernetes behind a Network Load Balancer of AWS, by which everybody reaches a service",
    resources: [
      mesh,
      {
        variable: "web",
        type: "MeshGatewayDeployment",
        name: "web",
        inputs: {
          meshName,
          namespace: "shop",
          listeners,
          routes: { catalog: { virtualServiceName: "catalog.shop.internal" } },
          controlPlane: {
            host: "appmesh.shop.internal",
            trustFrom: { name: "appmesh-authorities", key: "ca.pem" },
          },
          servicePorts: [80],
          service: {
            metadata: {
              annotations: { "service.beta.kubernetes.io/aws-load-balancer-scheme": "internet-facing" },
            },
            spec: { type: "LoadBalancer", loadBalancerClass: "service.k8s.aws/nlb" },
          },
          replicas: 2,
        },
      },
    ],
    outputs: { serviceName: output("web", "serviceName") },
  },
  ControlPlane: {
    title: "Two replicas in two zones, by a name in the VPC, for the tasks of one security group",
    resources: [
      {
        variable: "controlPlane",
        type: "ControlPlane",
        name: "appmesh",
        inputs: {
          image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/appmesh:0.1.0",
          vpcId: "vpc-0a1b2c3d",
          subnetIds: ["subnet-0a1b2c3d", "subnet-4e5f6a7b"],
          cloudMap: { namespaceId: "ns-0a1b2c3d4e5f", namespaceName: "shop.internal" },
          clientSecurityGroupIds: { tasks: "sg-0a1b2c3d" },
        },
      },
    ],
    outputs: {
      endpoint: output("controlPlane", "endpoint"),
      tableName: output("controlPlane", "tableName"),
    },
  },
  NodeIdentity: {
    title: "Tasks of ECS that prove who they are by a certificate, which is renewed before it ends",
    resources: [
      mesh,
      node("v1"),
      {
        variable: "identity",
        type: "NodeIdentity",
        name: "catalog",
        inputs: { meshName, virtualNode: output("v1", "virtualNodeName") },
      },
      {
        variable: "task",
        type: "MeshTaskDefinition",
        name: "catalog",
        inputs: {
          meshName,
          virtualNode: output("v1", "virtualNodeName"),
          controlPlane: {
            host: "appmesh.shop.internal",
            trustFrom: output("identity", "trustFrom"),
            certificateFrom: output("identity", "certificateFrom"),
            privateKeyFrom: output("identity", "privateKeyFrom"),
          },
          containerDefinitions: [
            {
              name: "app",
              image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/catalog:1.0.0",
              portMappings: [{ containerPort: 8080 }],
            },
          ],
        },
      },
    ],
    outputs: { renewAt: output("identity", "renewAt") },
  },
  AccessKeySecret: {
    title: "A key for a dashboard, which reads and changes nothing",
    resources: [
      {
        variable: "dashboard",
        type: "AccessKeySecret",
        name: "dashboard",
        inputs: { description: "dashboard", scope: { readOnly: true } },
      },
    ],
    outputs: { secretArn: output("dashboard", "secretArn") },
  },
  KubernetesControlPlane: {
    title: "Replicas on EKS, to which AWS's controller and the proxies that it puts into pods are led",
    resources: [
      {
        variable: "controlPlane",
        type: "KubernetesControlPlane",
        name: "appmesh",
        inputs: {
          image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/appmesh:0.1.0",
          region: "eu-west-1",
          accountId: "123456789012",
          table: { deletionProtection: true },
          identity: { podIdentity: { clusterName: "shop" } },
          trustedNetworkPort: 18001,
        },
      },
      {
        variable: "controller",
        type: "AppMeshController",
        name: "mesh",
        inputs: {
          region: "eu-west-1",
          accountId: "123456789012",
          controlPlane: {
            address: output("controlPlane", "address"),
            caCertificate: output("controlPlane", "caCertificate"),
          },
          accessKey: {
            accessKeyId: output("controlPlane", "accessKeyId"),
            secretAccessKey: output("controlPlane", "secretAccessKey"),
          },
          injection: {
            xdsEndpoint: output("controlPlane", "xdsEndpoint"),
            namespaces: { shop: { labels: { mesh: "shop" } } },
          },
        },
      },
    ],
    outputs: { endpoint: output("controlPlane", "endpoint") },
  },
};
