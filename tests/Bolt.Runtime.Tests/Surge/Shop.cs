using System.Collections.Immutable;
using System.Net;
using Bolt.Boltfiles;
using Bolt.Surge;

namespace Bolt.Runtime.Tests.Surge;

/// <summary>One stack that the tests of this folder share: web -> api -> db, with a volume and a moved port.</summary>
internal static class Shop
{
    public const string Text = """
        project = "shop"

        [services.web]
        image = "bolt://nginx:latest"
        ports = ["80:80"]
        volumes = ["./site:/usr/share/nginx/html:ro"]
        depends_on = ["api"]

        [services.api]
        build = "./api"
        env.DATABASE_URL = "bolt://db"
        env.MODE = "test"

        [services.db]
        capsule = "postgres"

        [services.db.storage]
        size = "5Gi"

        [services.db.auth]
        user = "demo"
        password = "secret"
        """;

    public static StackInputs Inputs { get; } = new(IPNetwork.Parse("10.89.7.0/24"), ImmutableDictionary<string, IPAddress>.Empty);

    public static Boltfile File(string text = Text) => BoltfileReader.Read("/srv/shop/Boltfile.toml", text).Value!;

    public static Stack Stack(string text = Text, StackInputs? inputs = null) =>
        Bolt.Surge.Stack.Resolve(File(text), inputs ?? Inputs, "shop-12345678", "/srv/shop/Boltfile.toml").Value!;

    /// <summary>As if all of it had been started from this very stack.</summary>
    public static Observed Up(Stack stack, bool supervised = true) => new(
        new ObservedNetwork(stack.Subnet.ToString(), stack.NetworkHash),
        [.. stack.Services.Select(s => new ObservedService(s.Name, s.Hash, "mark", "mark", true, supervised, false))],
        ["db"]);

    public static Observed Nothing { get; } = new(null, [], []);

    public static UpOptions Up(params string[] services) => new([.. services]);
}
