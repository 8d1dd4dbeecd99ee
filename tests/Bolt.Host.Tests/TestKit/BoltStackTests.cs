using System.Net.Sockets;
using System.Text;
using Bolt.Diagnostics;
using Bolt.Host.Tests.Storage;
using Bolt.TestKit;

namespace Bolt.Host.Tests.TestKit;

public class BoltStackTests
{
    [Fact]
    public async Task A_stack_lives_as_long_as_its_test_needs_it()
    {
        await using var stores = new Stores();
        var boltfile = Write(stores, "project = \"kit\"\n[services.cache]\ncapsule = \"redis\"\n");
        System.Net.IPEndPoint endpoint;
        await using (var stack = await BoltStack.FromFile(boltfile, Options(stores)).Publish("cache", 6379).UpAsync(TestContext.Current.CancellationToken))
        {
            endpoint = await stack.EndpointAsync("cache", 6379, TestContext.Current.CancellationToken);
            Assert.Equal("+PONG", await PingAsync(endpoint));
            Assert.NotEmpty(await stack.LogsAsync("cache", TestContext.Current.CancellationToken));
        }
        await Assert.ThrowsAnyAsync<SocketException>(() => PingAsync(endpoint));
    }

    [Fact]
    public void A_bad_file_is_an_error_before_anything_starts()
    {
        var folder = Directory.CreateTempSubdirectory("bolt-kit-").FullName;
        try
        {
            File.WriteAllText(folder + "/Boltfile.toml", "project = \"kit\"\n[services.a]\nimagee = \"x\"\n");
            var thrown = Assert.Throws<BoltException>(() => BoltStack.FromFile(folder));
            Assert.StartsWith("BOLT1", thrown.Diagnostic.Code, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Write(Stores stores, string text)
    {
        File.WriteAllText(stores.Folder + "/Boltfile.toml", text);
        return stores.Folder + "/Boltfile.toml";
    }

    private static BoltOptions Options(Stores stores) => new()
    {
        StateFolder = stores.Paths.State,
        RunFolder = stores.Paths.Run,
        CacheFolder = stores.Paths.Cache,
        ShimPath = stores.Shim,
    };

    private static async Task<string?> PingAsync(System.Net.IPEndPoint endpoint)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(endpoint);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("PING\r\n"));
        return await new StreamReader(client.GetStream()).ReadLineAsync();
    }
}
