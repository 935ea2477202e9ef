package canary;

import com.pulumi.Context;
import com.pulumi.resources.CustomResourceOptions;
import io.pulumiappmesh.appmesh.AppmeshFunctions;
import io.pulumiappmesh.appmesh.Mesh;
import io.pulumiappmesh.appmesh.MeshArgs;
import io.pulumiappmesh.appmesh.MeshService;
import io.pulumiappmesh.appmesh.MeshServiceArgs;
import io.pulumiappmesh.appmesh.VirtualNode;
import io.pulumiappmesh.appmesh.VirtualNodeArgs;
import io.pulumiappmesh.appmesh.enums.DurationUnit;
import io.pulumiappmesh.appmesh.enums.HttpRetryPolicyEvent;
import io.pulumiappmesh.appmesh.enums.PortProtocol;
import io.pulumiappmesh.appmesh.inputs.DnsServiceDiscoveryArgs;
import io.pulumiappmesh.appmesh.inputs.DurationArgs;
import io.pulumiappmesh.appmesh.inputs.GetVirtualNodeArgs;
import io.pulumiappmesh.appmesh.inputs.HttpRetryPolicyArgs;
import io.pulumiappmesh.appmesh.inputs.ListenerArgs;
import io.pulumiappmesh.appmesh.inputs.MeshServiceHttpRouteArgs;
import io.pulumiappmesh.appmesh.inputs.MeshServiceVersionArgs;
import io.pulumiappmesh.appmesh.inputs.PortMappingArgs;
import io.pulumiappmesh.appmesh.inputs.ServiceDiscoveryArgs;
import io.pulumiappmesh.appmesh.inputs.VirtualNodeSpecArgs;
import io.pulumiappmesh.appmesh.outputs.GetVirtualNodeResult;
import java.util.Map;

/** A service of two versions, whose traffic moves from the one to the other. */
public final class Canary {
    private Canary() {}

    public static void program(Context ctx) {
        int canaryWeight = ctx.config().requireInteger("canaryWeight");

        var mesh = new Mesh("shop", MeshArgs.builder().meshName("shop").build());
        var listener = ListenerArgs.builder()
            .portMapping(PortMappingArgs.builder().port(8080).protocol(PortProtocol.Http).build())
            .build();

        var catalog = new MeshService("catalog", MeshServiceArgs.builder()
            .meshName(mesh.meshName())
            .virtualServiceName("catalog.shop.local")
            .listener(listener)
            .versions(Map.of(
                "v1", MeshServiceVersionArgs.builder()
                    .weight(100 - canaryWeight)
                    .serviceDiscovery(dns("catalog-v1.shop.internal"))
                    .build(),
                "v2", MeshServiceVersionArgs.builder()
                    .weight(canaryWeight)
                    .serviceDiscovery(dns("catalog-v2.shop.internal"))
                    .build()))
            .httpRoute(MeshServiceHttpRouteArgs.builder()
                .retryPolicy(HttpRetryPolicyArgs.builder()
                    .maxRetries(2)
                    .perRetryTimeout(DurationArgs.builder().value(500).unit(DurationUnit.Ms).build())
                    .httpRetryEvents(HttpRetryPolicyEvent.ServerError)
                    .build())
                .build())
            .build());

        if (ctx.config().getBoolean("adoptRatings").orElse(false)) {
            new VirtualNode("ratings", VirtualNodeArgs.builder()
                .meshName(mesh.meshName())
                .virtualNodeName("ratings")
                .spec(VirtualNodeSpecArgs.builder()
                    .listeners(listener)
                    .serviceDiscovery(dns("ratings.shop.internal"))
                    .build())
                .build(),
                CustomResourceOptions.builder().importId("shop/ratings").build());
        }

        // What the component does not tell is looked up. Who lets a proxy join the mesh by an IAM policy names its node so.
        var canaryNode = AppmeshFunctions.getVirtualNode(GetVirtualNodeArgs.builder()
            .meshName(mesh.meshName())
            .virtualNodeName(catalog.virtualNodeNames().applyValue(names -> names.get("v2")))
            .build());

        ctx.export("virtualServiceName", catalog.virtualServiceName());
        ctx.export("canaryNodeArn", canaryNode.applyValue(GetVirtualNodeResult::arn));
    }

    private static ServiceDiscoveryArgs dns(String hostname) {
        return ServiceDiscoveryArgs.builder()
            .dns(DnsServiceDiscoveryArgs.builder().hostname(hostname).build())
            .build();
    }
}
