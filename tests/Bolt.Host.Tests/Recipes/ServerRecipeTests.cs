using System.Net.Sockets;
using System.Text;
using MQTTnet;
using MySqlConnector;
using RabbitMQ.Client;

namespace Bolt.Host.Tests.Recipes;

/// <summary>Databases and brokers by their own clients: who may log in, what is kept, and what a neighbour gets as their address.</summary>
public class ServerRecipeTests(RecipeHost host)
{
    private const string Neighbour = "[services.sh]\nimage = \"bolt://busybox\"\ncommand = [\"sh\", \"-c\", \"echo $URL; exec sleep 1000000\"]\nenv.URL = \"bolt://it\"\n";
    private const string Auth = "[services.it.auth]\nuser = \"demo\"\npassword = \"se'c\\\\r`e\\\"t #1\"\n";
    private const string Password = "se'c\\r`e\"t #1";
    private const string Escaped = "se%27c%5Cr%60e%22t%20%231";

    [Theory]
    [InlineData("")]
    [InlineData("[services.it.storage]\nsize = \"1Gi\"\n")]
    public async Task MariaDB_logs_its_user_in_and_keeps_rows(string storage)
    {
        await using var stack = await host.UpAsync("[services.it]\ncapsule = \"mariadb\"\nports = [\"3306\"]\n" + Auth + storage + Neighbour);
        var port = await stack.PortAsync("it", 3306);
        Assert.Equal("42", await MySqlAsync(port, "demo", Password, "demo", "CREATE TABLE t (n int); INSERT INTO t VALUES (41), (1); SELECT CAST(sum(n) AS CHAR) FROM t"));
        Assert.Equal("utf8mb4", await MySqlAsync(port, "demo", Password, "demo", "SELECT @@character_set_server"));
        await Assert.ThrowsAsync<MySqlException>(() => MySqlAsync(port, "demo", "guess", "demo", "SELECT 1"));
        await Assert.ThrowsAsync<MySqlException>(() => MySqlAsync(port, "root", "", "", "SELECT 1"));
        await Assert.ThrowsAsync<MySqlException>(() => MySqlAsync(port, "demo", Password, "mysql", "SELECT 1"));
        Assert.Equal($"mysql://demo:{Escaped}@it:3306/demo", await UrlAsync(stack));
        // Inside, root of the capsule is root of the database, through the socket alone.
        Assert.Equal((0, "7\n"), await stack.ExecAsync("it", "mariadb", "-N", "-e", "SELECT 3 + 4"));
    }

    [Fact]
    public async Task MariaDB_reads_the_variables_of_the_official_image()
    {
        await using var stack = await host.UpAsync("""
            [services.it]
            capsule = "mariadb"
            ports = ["3306"]
            env = { MARIADB_ROOT_PASSWORD = "top", MARIADB_USER = "shop", MARIADB_PASSWORD = "secret", MARIADB_DATABASE = "orders" }

            """ + Neighbour);
        var port = await stack.PortAsync("it", 3306);
        Assert.Equal("orders", await MySqlAsync(port, "shop", "secret", "orders", "SELECT DATABASE()"));
        Assert.Equal("2", await MySqlAsync(port, "root", "top", "mysql", "SELECT CAST(count(*) AS CHAR) FROM global_priv WHERE User = 'root'"));
        Assert.Equal("mysql://shop:secret@it:3306/orders", await UrlAsync(stack));
    }

    [Fact]
    public async Task MariaDB_with_a_password_for_root_alone_has_root()
    {
        await using var stack = await host.UpAsync(
            "[services.it]\ncapsule = \"mariadb\"\nports = [\"3306\"]\nenv = { MYSQL_ROOT_PASSWORD = \"top\", MYSQL_DATABASE = \"app\" }\n" + Neighbour);
        Assert.Equal("app", await MySqlAsync(await stack.PortAsync("it", 3306), "root", "top", "app", "SELECT DATABASE()"));
        Assert.Equal("mysql://root:top@it:3306/app", await UrlAsync(stack));
    }

    [Fact]
    public async Task Postgres_reads_the_variables_of_the_official_image()
    {
        await using var stack = await host.UpAsync(
            "[services.it]\ncapsule = \"postgres\"\nports = [\"5432\"]\nenv = { POSTGRES_USER = \"shop\", POSTGRES_PASSWORD = \"secret\", POSTGRES_DB = \"orders\" }\n" + Neighbour);
        await using var source = Npgsql.NpgsqlDataSource.Create(
            $"Host=127.0.0.1;Port={await stack.PortAsync("it", 5432)};Username=shop;Password=secret;Database=orders;Pooling=false");
        await using var command = source.CreateCommand("SELECT current_database()");
        Assert.Equal("orders", await command.ExecuteScalarAsync());
        Assert.Equal("postgres://shop:secret@it:5432/orders", await UrlAsync(stack));
    }

    [Theory]
    [InlineData("", "guest", "guest", "amqp://it:5672")]
    [InlineData(Auth, "demo", Password, $"amqp://demo:{Escaped}@it:5672")]
    [InlineData("env = { RABBITMQ_DEFAULT_USER = \"shop\", RABBITMQ_DEFAULT_PASS = \"secret\" }\n", "shop", "secret", "amqp://shop:secret@it:5672")]
    public async Task RabbitMQ_delivers_a_message(string more, string user, string password, string url)
    {
        await using var stack = await host.UpAsync("[services.it]\ncapsule = \"rabbitmq\"\nports = [\"5672\"]\n" + more + Neighbour);
        var factory = new ConnectionFactory { HostName = "127.0.0.1", Port = await stack.PortAsync("it", 5672), UserName = user, Password = password };
        await using var connection = await factory.CreateConnectionAsync(CancellationToken.None);
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true), CancellationToken.None);
        await channel.QueueDeclareAsync("jobs", durable: true, exclusive: false, autoDelete: false);
        await channel.BasicPublishAsync("", "jobs", "hello"u8.ToArray());
        Assert.Equal("hello", Encoding.UTF8.GetString((await channel.BasicGetAsync("jobs", autoAck: true))!.Body.Span));
        factory.Password = "guess";
        await Assert.ThrowsAnyAsync<Exception>(() => factory.CreateConnectionAsync(CancellationToken.None));
        Assert.Equal(url, await UrlAsync(stack));
    }

    [Theory]
    [InlineData("", "mqtt://it:1883")]
    [InlineData(Auth, $"mqtt://demo:{Escaped}@it:1883")]
    public async Task Mosquitto_delivers_a_message(string more, string url)
    {
        await using var stack = await host.UpAsync("[services.it]\ncapsule = \"mosquitto\"\nports = [\"1883\"]\n" + more + Neighbour);
        var port = await stack.PortAsync("it", 1883);
        using var client = new MqttClientFactory().CreateMqttClient();
        var options = new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port);
        var answer = await client.ConnectAsync((more.Length == 0 ? options : options.WithCredentials("demo", Password)).Build(), CancellationToken.None);
        Assert.Equal(MqttClientConnectResultCode.Success, answer.ResultCode);
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.ApplicationMessageReceivedAsync += message =>
        {
            heard.TrySetResult($"{message.ApplicationMessage.Topic}={message.ApplicationMessage.ConvertPayloadToString()}");
            return Task.CompletedTask;
        };
        await client.SubscribeAsync("house/+");
        await client.PublishStringAsync("house/kitchen", "21.5");
        Assert.Equal("house/kitchen=21.5", await heard.Task);
        if (more.Length > 0)
        {
            using var stranger = new MqttClientFactory().CreateMqttClient();
            var refused = await stranger.ConnectAsync(options.WithCredentials("demo", "guess").Build(), CancellationToken.None);
            Assert.Equal(MqttClientConnectResultCode.NotAuthorized, refused.ResultCode);
        }
        Assert.Equal(url, await UrlAsync(stack));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[services.it.auth]\nuser = \"demo\"\npassword = \"secret\"\n")]
    public async Task Memcached_keeps_a_value(string auth)
    {
        await using var stack = await host.UpAsync("[services.it]\ncapsule = \"memcached\"\nports = [\"11211\"]\n" + auth + Neighbour);
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", await stack.PortAsync("it", 11211));
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        async Task<string> SayAsync(string text)
        {
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));
            return (await reader.ReadLineAsync())!;
        }
        if (auth.Length > 0)
        {
            Assert.StartsWith("CLIENT_ERROR unauthenticated", await SayAsync("get key\r\n"), StringComparison.Ordinal);
            Assert.Equal("STORED", await SayAsync("set login 0 0 11\r\ndemo secret\r\n"));
        }
        Assert.Equal("STORED", await SayAsync("set key 7 0 5\r\nvalue\r\n"));
        Assert.Equal("VALUE key 7 5", await SayAsync("get key\r\n"));
        Assert.Equal("value", await reader.ReadLineAsync());
        Assert.Equal("memcached://it:11211", await UrlAsync(stack));
    }

    private static async Task<string?> MySqlAsync(int port, string user, string password, string database, string query)
    {
        var address = new MySqlConnectionStringBuilder
        {
            Server = "127.0.0.1",
            Port = (uint)port,
            UserID = user,
            Password = password,
            Database = database,
            Pooling = false,
            AllowUserVariables = true,
        };
        await using var connection = new MySqlConnection(address.ToString());
        await connection.OpenAsync();
        await using var command = new MySqlCommand(query, connection);
        return (string?)await command.ExecuteScalarAsync();
    }

    // What the neighbour has said at its start.
    private static async Task<string> UrlAsync(RecipeStack stack)
    {
        var (_, output) = await stack.ExecAsync("sh", "sh", "-c", "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep ^URL= | head -n 1");
        return output.TrimEnd('\n')["URL=".Length..];
    }
}
