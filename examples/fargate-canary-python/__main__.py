"""A shop on Fargate: storefront → catalog → prices, and a canary of the catalog that gets a share of the requests."""

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


def common(name: str) -> dict:
    """What all tasks have in common: where they run, who they are to the control plane, and their traces (OpenTelemetry)."""
    return {
        "mesh_name": mesh.mesh_name,
        "cluster_arn": cluster.arn,
        "vpc_id": vpc.vpc_id,
        "subnet_ids": vpc.private_subnet_ids,
        "security_group_ids": [members.id],
        "control_plane": {"host": host, "trust_from": "/appmesh/trust", "token_from": f"/appmesh/{name}"},
        "tracing": {"sampling_rate": 0.1},
        "desired_count": 2,
    }


def tasks(name: str, image: str, backend: str | None = None) -> pulumi.Output[str]:
    """The tasks of one version of a service, which may call one other service. Returns their virtual node."""
    environment = [{"name": "BACKEND_URL", "value": f"http://{backend}.{domain}:8080"}] if backend else []
    return appmesh.MeshEcsService(
        name,
        **common(name),
        cloud_map={"namespace_id": namespace.id, "namespace_name": domain},
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
    ).virtual_node_name


def service(name: str, **versions: appmesh.MeshServiceVersionArgsDict) -> appmesh.MeshService:
    """A service by the name that others call, and the versions that share its requests by weight."""
    return appmesh.MeshService(
        name,
        mesh_name=mesh.mesh_name,
        virtual_service_name=f"{name}.{domain}",
        listener=listener,
        versions=versions,
    )


storefront = service(
    "storefront",
    stable={"weight": 100, "virtual_node_name": tasks("storefront", "storefront:1.8.0", "catalog")},
)
service(
    "catalog",
    stable={"weight": 100 - canary_weight, "virtual_node_name": tasks("catalog", "catalog:1.4.2", "prices")},
    canary={"weight": canary_weight, "virtual_node_name": tasks("catalog-canary", "catalog:2.0.0", "prices")},
)
service(
    "prices",
    stable={"weight": 100, "virtual_node_name": tasks("prices", "prices:3.1.0")},
)

gateway = appmesh.MeshGateway(
    "web",
    **common("web"),
    listeners=[listener],
    routes={"storefront": {"virtual_service_name": storefront.virtual_service_name}},
    load_balancer={"subnet_ids": vpc.public_subnet_ids},
    client_cidrs={"everybody": "0.0.0.0/0"},
)

pulumi.export("url", pulumi.Output.concat("http://", gateway.dns_name))
