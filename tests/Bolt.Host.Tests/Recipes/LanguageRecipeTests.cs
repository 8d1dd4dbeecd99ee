namespace Bolt.Host.Tests.Recipes;

/// <summary>Run-times serve and evaluate what a project brings as source.</summary>
public class LanguageRecipeTests(RecipeHost host)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });

    [Theory]
    [InlineData("node", """
        ["node", "-e", "require('http').createServer((q, a) => a.end('node ' + [1, 2, 3].map(n => n * 14).pop())).listen(8080)"]
        """, "node 42")]
    [InlineData("python", """
        ["python", "-c", '''
        import http.server, json, sqlite3, zlib, decimal, ctypes, lzma, bz2, uuid, asyncio, ssl
        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200); self.end_headers()
                self.wfile.write(('python ' + str(sqlite3.connect(':memory:').execute('select 6 * 7').fetchone()[0])).encode())
        http.server.HTTPServer(('', 8080), Answer).serve_forever()
        ''']
        """, "python 42")]
    [InlineData("openjdk", """
        ["java", "/srv/Main.java"]
        volumes = ["./Main.java:/srv/Main.java:ro"]
        """, "java 42")]
    public async Task It_serves_what_its_source_says(string recipe, string command, string answer)
    {
        await using var stack = await host.UpAsync($"[services.it]\ncapsule = \"{recipe}\"\nports = [\"8080\"]\ncommand = {command.Trim()}\n", ("Main.java", """
            import com.sun.net.httpserver.HttpServer;
            public class Main {
                public static void main(String[] args) throws Exception {
                    var server = HttpServer.create(new java.net.InetSocketAddress(8080), 0);
                    server.createContext("/", exchange -> {
                        var bytes = ("java " + java.util.stream.IntStream.of(6, 7).reduce(1, (a, b) -> a * b)).getBytes();
                        exchange.sendResponseHeaders(200, bytes.length);
                        exchange.getResponseBody().write(bytes);
                        exchange.close();
                    });
                    server.start();
                }
            }
            """));
        Assert.Equal(answer, await Http.GetStringAsync($"http://127.0.0.1:{await stack.PortAsync("it", 8080)}/"));
    }

    [Fact]
    public async Task Dotnet_runs_what_was_published_for_its_runtime()
    {
        var folder = Directory.CreateTempSubdirectory("bolt-dotnet-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "app.csproj"), """
                <Project Sdk="Microsoft.NET.Sdk.Web"><PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework>
                <UseAppHost>false</UseAppHost><ImplicitUsings>enable</ImplicitUsings><StaticWebAssetsEnabled>false</StaticWebAssetsEnabled></PropertyGroup></Project>
                """);
            File.WriteAllText(Path.Combine(folder, "app.cs"), """
                var app = WebApplication.CreateBuilder(args).Build();
                app.MapGet("/", () => "dotnet " + Enumerable.Range(1, 6).Sum() * 2);
                app.Run();
                """);
            using var publish = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("dotnet", ["publish", folder, "-o", folder + "/out", "-nodeReuse:false", "-p:UseSharedCompilation=false", "-v:q"]))!;
            await publish.WaitForExitAsync();
            Assert.Equal(0, publish.ExitCode);
            await using var stack = await host.UpAsync(
                $"[services.it]\ncapsule = \"dotnet-runtime:10.0\"\nports = [\"8080\"]\ncommand = [\"dotnet\", \"/app/app.dll\"]\nvolumes = [\"{folder}/out:/app:ro\"]\n");
            Assert.Equal("dotnet 42", await Http.GetStringAsync($"http://127.0.0.1:{await stack.PortAsync("it", 8080)}/"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_runtime_that_the_machine_lacks_is_named_with_those_it_has()
    {
        var file = host.File("[services.it]\ncapsule = \"dotnet-runtime:3.1\"\n");
        var refused = (await Assert.ThrowsAsync<Bolt.Diagnostics.BoltException>(() => host.Runtime.LockAsync(file, [], [], null, CancellationToken.None))).Diagnostic;
        Assert.Equal("BOLT2319", refused.Code);
        Assert.Contains("10.0.", refused.Fix, StringComparison.Ordinal);
    }
}
