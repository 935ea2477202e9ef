"""A service of two versions, whose traffic moves from the one to the other."""

import pulumi
import pulumi_appmesh as appmesh


def canary() -> None:
    config = pulumi.Config()
    canary_weight = config.require_int("canaryWeight")

    mesh = appmesh.Mesh("shop", mesh_name="shop")
    port_mapping = appmesh.PortMappingArgs(port=8080, protocol=appmesh.PortProtocol.HTTP)

    catalog = appmesh.MeshService(
        "catalog",
        mesh_name=mesh.mesh_name,
        virtual_service_name="catalog.shop.local",
        listener=appmesh.ListenerArgs(port_mapping=port_mapping),
        versions={
            "v1": appmesh.MeshServiceVersionArgs(
                weight=100 - canary_weight, service_discovery=dns("catalog-v1.shop.internal")
            ),
            "v2": appmesh.MeshServiceVersionArgs(
                weight=canary_weight, service_discovery=dns("catalog-v2.shop.internal")
            ),
        },
        http_route=appmesh.MeshServiceHttpRouteArgs(
            retry_policy=appmesh.HttpRetryPolicyArgs(
                max_retries=2,
                per_retry_timeout=appmesh.DurationArgs(value=500, unit=appmesh.DurationUnit.MS),
                http_retry_events=[appmesh.HttpRetryPolicyEvent.SERVER_ERROR],
            )
        ),
    )

    if config.get_bool("adoptRatings"):
        appmesh.VirtualNode(
            "ratings",
            mesh_name=mesh.mesh_name,
            virtual_node_name="ratings",
            spec=appmesh.VirtualNodeSpecArgs(
                listeners=[appmesh.ListenerArgs(port_mapping=port_mapping)],
                service_discovery=dns("ratings.shop.internal"),
            ),
            opts=pulumi.ResourceOptions(import_="shop/ratings"),
        )

    # What the component does not tell is looked up. Who lets a proxy join the mesh by an IAM policy names its node so.
    canary_node = appmesh.get_virtual_node_output(
        mesh_name=mesh.mesh_name, virtual_node_name=catalog.virtual_node_names["v2"]
    )

    pulumi.export("virtualServiceName", catalog.virtual_service_name)
    pulumi.export("canaryNodeArn", canary_node.arn)


def dns(hostname: str) -> appmesh.ServiceDiscoveryArgs:
    return appmesh.ServiceDiscoveryArgs(dns=appmesh.DnsServiceDiscoveryArgs(hostname=hostname))
