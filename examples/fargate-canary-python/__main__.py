"""A shop on Fargate: storefront → catalog → prices, and a canary of the catalog that gets a share of the requests."""

from typing import Literal

import pulumi
import pulumi_appmesh as appmesh
import pulumi_aws as aws
import pulumi_awsx as awsx

config = pulumi.Config()
canary_weight = config.require_int("canaryWeight")
registry = config.require("registry")
host = config.require("controlPlaneHost")
domain = "shop.internal"

vpc = awsx.ec2.Vpc("shop", enable_dns_hostnames=True)
cluster = aws.ecs.Cluster("shop")
namespace = aws.servicediscovery.PrivateDnsNamespace("shop", name=domain, vpc=vpc.vpc_id)
# Tasks that have it call each other, and nobody else calls them.
members = aws.ec2.SecurityGroup("shop", vpc_id=vpc.vpc_id, description="Tasks of the shop")

mesh = appmesh.Mesh("shop", mesh_name="shop")
listener = {"port_mapping": {"port": 8080, "protocol": "http"}}


def common(name: str, kind: Literal["virtual_node", "virtual_gateway"]) -> dict:
    """What all tasks have in common: where they run, who they are to the control plane, and traces (OpenTelemetry)."""
    identity = appmesh.NodeIdentity(name, mesh_name=mesh.mesh_name, **{kind: name})
    return {
        "mesh_name": mesh.mesh_name,
        "cluster_arn": cluster.arn,
        "vpc_id": vpc.vpc_id,
        "subnet_ids": vpc.private_subnet_ids,
        "security_group_ids": [members.id],
        "control_plane": {
            "host": host,
            "trust_from": identity.trust_from,
            "certificate_from": identity.certificate_from,
            "private_key_from": identity.private_key_from,
        },
        "tracing": {"sampling_rate": 0.1},
        "desired_count": 2,
    }


def service(name: str, versions: dict[str, tuple[str, int]], backend: str | None = None) -> appmesh.MeshService:
    """A service: its name, and its versions, which share the requests by weight. It may call another."""
    found = aws.servicediscovery.Service(
        name,
        name=name,
        dns_config={"namespace_id": namespace.id, "dns_records": [{"type": "A", "ttl": 10}]},
        health_check_custom_config={"failure_threshold": 1},
        force_destroy=True,
    )

    environment = [{"name": "BACKEND_URL", "value": f"http://{backend}.{domain}:8080"}] if backend else []

    def tasks(version: str, image: str) -> appmesh.MeshEcsService:
        return appmesh.MeshEcsService(
            f"{name}-{version}",
            **common(f"{name}-{version}", "virtual_node"),
            cloud_map={"namespace_name": domain, "service_name": name, "service_arn": found.arn},
            client_security_group_ids={"members": members.id},
            listeners=[listener],
            backends=[f"{backend}.{domain}"] if backend else [],
            container_definitions=[
                {
                    "name": "app",
                    "image": f"{registry}/{image}",
                    "port_mappings": [{"container_port": 8080}],
                    "environment": environment,
                }
            ],
        )

    return appmesh.MeshService(
        name,
        mesh_name=mesh.mesh_name,
        virtual_service_name=f"{name}.{domain}",
        listener=listener,
        versions={
            version: {"weight": weight, "virtual_node_name": tasks(version, image).virtual_node_name}
            for version, (image, weight) in versions.items()
        },
    )


storefront = service("storefront", {"v1": ("storefront:1.8.0", 100)}, "catalog")
service(
    "catalog",
    {
        "v1": ("catalog:1.4.2", 100 - canary_weight),
        "v2": ("catalog:2.0.0", canary_weight),
    },
    "prices",
)
service("prices", {"v1": ("prices:3.1.0", 100)})

gateway = appmesh.MeshGateway(
    "web",
    **common("web", "virtual_gateway"),
    virtual_gateway_name="web",
    listeners=[listener],
    routes={"storefront": {"virtual_service_name": storefront.virtual_service_name}},
    load_balancer={"subnet_ids": vpc.public_subnet_ids},
    client_cidrs={"everybody": "0.0.0.0/0"},
)

pulumi.export("url", pulumi.Output.concat("http://", gateway.dns_name))
