using System.Net.Sockets;
using System.Text;
using Npgsql;
using StackExchange.Redis;

namespace Bolt.Host.Tests.Recipes;

/// <summary>Each recipe answers in its own protocol as soon as it is said to be ready.</summary>
public class RecipeTests(RecipeHost host)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });

    [Fact]
    public async Task Nginx_serves_a_page_over_http()
    {
        await using var stack = await host.UpAsync("[services.web]\nimage = \"bolt://nginx\"\nports = [\"80\"]\n");
        using var answer = await Http.GetAsync($"http://127.0.0.1:{await stack.PortAsync("web", 80)}/");
        Assert.Equal(200, (int)answer.StatusCode);
        Assert.StartsWith("nginx", answer.Headers.Server.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Caddy_serves_a_page_over_http()
    {
        await using var stack = await host.UpAsync("[services.web]\ncapsule = \"caddy\"\nports = [\"80\"]\n");
        using var answer = await Http.GetAsync($"http://127.0.0.1:{await stack.PortAsync("web", 80)}/");
        Assert.Equal(200, (int)answer.StatusCode);
        Assert.StartsWith("Caddy", answer.Headers.Server.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[services.db.storage]\nsize = \"1Gi\"\n")]
    public async Task Postgres_logs_its_user_in_and_keeps_rows(string storage)
    {
        await using var stack = await host.UpAsync(
            "[services.db]\ncapsule = \"postgres\"\nports = [\"5432\"]\n[services.db.auth]\nuser = \"demo\"\npassword = \"secret\"\n" + storage);
        var port = await stack.PortAsync("db", 5432);
        await using var source = NpgsqlDataSource.Create($"Host=127.0.0.1;Port={port};Username=demo;Password=secret;Database=demo;Pooling=false");
        await using var command = source.CreateCommand("CREATE TABLE t (n int); INSERT INTO t VALUES (41), (1); SELECT sum(n) FROM t");
        Assert.Equal(42L, await command.ExecuteScalarAsync());

        await using var wrong = NpgsqlDataSource.Create($"Host=127.0.0.1;Port={port};Username=demo;Password=guess;Database=demo;Pooling=false");
        await Assert.ThrowsAsync<PostgresException>(async () => await wrong.OpenConnectionAsync());
    }

    [Fact]
    public async Task Redis_keeps_a_value()
    {
        await using var stack = await host.UpAsync("[services.cache]\ncapsule = \"redis\"\nports = [\"6379\"]\n");
        using var redis = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{await stack.PortAsync("cache", 6379)}");
        Assert.True(await redis.GetDatabase().StringSetAsync("key", "value"));
        Assert.Equal("value", (string?)await redis.GetDatabase().StringGetAsync("key"));
    }

    [Fact]
    public async Task Nats_delivers_a_message()
    {
        await using var stack = await host.UpAsync("[services.bus]\ncapsule = \"nats\"\nports = [\"4222\"]\n");
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", await stack.PortAsync("bus", 4222));
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        Assert.StartsWith("INFO {", await reader.ReadLineAsync(), StringComparison.Ordinal);
        await client.GetStream().WriteAsync("CONNECT {\"verbose\":false}\r\nSUB greet 1\r\nPUB greet 5\r\nhello\r\n"u8.ToArray());
        Assert.Equal("MSG greet 1 5", await reader.ReadLineAsync());
        Assert.Equal("hello", await reader.ReadLineAsync());
    }

    [Fact]
    public async Task Debian_is_a_shell_with_its_tools()
    {
        await using var stack = await host.UpAsync("[services.sh]\ncapsule = \"debian\"\ncommand = [\"sleep\", \"1000000\"]\n");
        var (code, output) = await stack.ExecAsync("sh", "sh", "-c", ". /etc/os-release && echo $ID && ls -d /usr/bin && id -u");
        Assert.Equal((0, "debian\n/usr/bin\n0\n"), (code, output));
    }

    [Fact]
    public async Task Busybox_is_a_shell_in_one_file()
    {
        await using var stack = await host.UpAsync("[services.sh]\nimage = \"bolt://busybox\"\ncommand = [\"sleep\", \"1000000\"]\n");
        var (code, output) = await stack.ExecAsync("sh", "sh", "-c", "echo $((6 * 7)); exit 3");
        Assert.Equal((3, "42\n"), (code, output));
    }

    [Fact]
    public async Task Services_find_each_other_by_name_and_reference()
    {
        await using var stack = await host.UpAsync("""
            [services.cache]
            capsule = "redis"
            [services.sh]
            image = "bolt://busybox"
            command = ["sleep", "1000000"]
            env.CACHE = "bolt://cache"
            """);
        // redis closes after QUIT, which ends nc. The service's own process is not pid 1: an init that reaps is.
        var (_, output) = await stack.ExecAsync("sh", "sh", "-c",
            "printf 'PING\\r\\nQUIT\\r\\n' | nc cache 6379 | head -n 1; cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep ^CACHE= | head -n 1");
        Assert.Equal("+PONG\r\nCACHE=redis://cache:6379\n", output);
    }
}
