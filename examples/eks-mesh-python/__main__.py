"""A mesh on Kubernetes: the control plane, AWS's controller, and two versions of a catalog that it puts into the mesh."""

import pulumi
import pulumi_appmesh as appmesh
import pulumi_kubernetes as kubernetes

config = pulumi.Config("eks-mesh")
weight = config.get_int("canaryWeight", 10)
cluster_name = config.get("clusterName")
image = config.require("controlPlaneImage")
mesh = {
    "region": config.get("region", "eu-west-1"),
    "account_id": config.get("accountId", "000000000000"),
}

shop = kubernetes.core.v1.Namespace("shop", metadata={"name": "shop"})

# On EKS replicas share a table, and have their role by Pod Identity; on any other cluster there is one, with a volume.
store = (
    {"volume": {}}
    if cluster_name is None
    else {"table": {}, "identity": {"pod_identity": {"cluster_name": cluster_name}}}
)
control_plane = appmesh.KubernetesControlPlane(
    "control-plane",
    image=image,
    trusted_network_port=18001,
    **mesh,
    **store,
)

controller = appmesh.AppMeshController(
    "mesh",
    # Asked before the controller is installed, by a Job of its own image.
    control_plane={
        "address": control_plane.address,
        "ca_certificate": control_plane.ca_certificate,
        "image": image,
    },
    access_key={
        "access_key_id": control_plane.access_key_id,
        "secret_access_key": control_plane.secret_access_key,
    },
    injection={
        "namespaces": {"shop": {"labels": {"mesh": "shop"}}},
        "xds_endpoint": control_plane.xds_endpoint,
    },
    **mesh,
    opts=pulumi.ResourceOptions(depends_on=[shop, control_plane]),
)

# After the controller, and so gone before it: it alone takes its finalizers off them.
opts = pulumi.ResourceOptions(depends_on=[controller])


def declare(kind: str, name: str, spec: dict, namespace: str | None = None) -> None:
    kubernetes.apiextensions.CustomResource(
        f"{kind}-{name}",
        api_version="appmesh.k8s.aws/v1beta2",
        kind=kind,
        metadata={"name": name, **({} if namespace is None else {"namespace": namespace})},
        spec=spec,
        opts=opts,
    )


declare(
    "Mesh",
    "shop",
    {"namespaceSelector": {"matchLabels": {"mesh": "shop"}}, "egressFilter": {"type": "DROP_ALL"}},
)

listeners = [{"portMapping": {"port": 8080, "protocol": "http"}}]
for version in ["v1", "v2"]:
    name = f"catalog-{version}"
    labels = {"app": "catalog", "version": version}
    kubernetes.core.v1.Service(
        name,
        metadata={"name": name, "namespace": "shop"},
        spec={"selector": labels, "ports": [{"port": 8080}]},
        opts=opts,
    )
    kubernetes.apps.v1.Deployment(
        name,
        metadata={"name": name, "namespace": "shop"},
        spec={
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "catalog", "image": f"shop/catalog:{version}"}]},
            },
        },
        opts=opts,
    )
    declare(
        "VirtualNode",
        name,
        {
            "podSelector": {"matchLabels": labels},
            "listeners": listeners,
            "serviceDiscovery": {"dns": {"hostname": f"{name}.shop.svc.cluster.local"}},
        },
        "shop",
    )

targets = {"catalog-v1": 100 - weight, "catalog-v2": weight}
declare(
    "VirtualRouter",
    "catalog",
    {
        "listeners": listeners,
        "routes": [
            {
                "name": "canary",
                "httpRoute": {
                    "match": {"prefix": "/"},
                    "action": {
                        "weightedTargets": [
                            {"virtualNodeRef": {"name": name}, "weight": share}
                            for name, share in targets.items()
                        ]
                    },
                },
            }
        ],
    },
    "shop",
)
declare(
    "VirtualService",
    "catalog",
    {
        "awsName": "catalog.shop.svc.cluster.local",
        "provider": {"virtualRouter": {"virtualRouterRef": {"name": "catalog"}}},
    },
    "shop",
)

pulumi.export("namespace", controller.namespace)
pulumi.export("endpoint", control_plane.endpoint)
