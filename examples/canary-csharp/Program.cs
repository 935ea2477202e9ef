// A service of two versions, whose traffic moves from the one to the other.
using System.Collections.Generic;
using Pulumi;
using PulumiAppMesh.AppMesh;
using PulumiAppMesh.AppMesh.Inputs;

return await Deployment.RunAsync(() =>
{
    var config = new Config();
    var canaryWeight = config.RequireInt32("canaryWeight");

    var mesh = new Mesh("shop", new MeshArgs { MeshName = "shop" });
    var listener = new ListenerArgs
    {
        PortMapping = new PortMappingArgs { Port = 8080, Protocol = PortProtocol.Http },
    };

    var catalog = new MeshService("catalog", new MeshServiceArgs
    {
        MeshName = mesh.MeshName,
        VirtualServiceName = "catalog.shop.local",
        Listener = listener,
        Versions =
        {
            ["v1"] = new MeshServiceVersionArgs
            {
                Weight = 100 - canaryWeight,
                ServiceDiscovery = Dns("catalog-v1.shop.internal"),
            },
            ["v2"] = new MeshServiceVersionArgs
            {
                Weight = canaryWeight,
                ServiceDiscovery = Dns("catalog-v2.shop.internal"),
            },
        },
        HttpRoute = new MeshServiceHttpRouteArgs
        {
            RetryPolicy = new HttpRetryPolicyArgs
            {
                MaxRetries = 2,
                PerRetryTimeout = new DurationArgs { Value = 500, Unit = DurationUnit.Ms },
                HttpRetryEvents = { HttpRetryPolicyEvent.ServerError },
            },
        },
    });

    if (config.GetBoolean("adoptRatings") ?? false)
    {
        _ = new VirtualNode("ratings", new VirtualNodeArgs
        {
            MeshName = mesh.MeshName,
            VirtualNodeName = "ratings",
            Spec = new VirtualNodeSpecArgs
            {
                Listeners = { listener },
                ServiceDiscovery = Dns("ratings.shop.internal"),
            },
        }, new CustomResourceOptions { ImportId = "shop/ratings" });
    }

    // What the component does not tell is looked up. Who lets a proxy join the mesh by an IAM policy names its node so.
    var canaryNode = GetVirtualNode.Invoke(new GetVirtualNodeInvokeArgs
    {
        MeshName = mesh.MeshName,
        VirtualNodeName = catalog.VirtualNodeNames.Apply(names => names["v2"]),
    });

    return new Dictionary<string, object?>
    {
        ["virtualServiceName"] = catalog.VirtualServiceName,
        ["canaryNodeArn"] = canaryNode.Apply(node => node.Arn),
    };
});

static ServiceDiscoveryArgs Dns(string hostname) =>
    new() { Dns = new DnsServiceDiscoveryArgs { Hostname = hostname } };
