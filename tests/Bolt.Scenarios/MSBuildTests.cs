using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Bolt.Host.Tests.Registries;

namespace Bolt.Scenarios;

/// <summary>The packed Bolt.MSBuild under `dotnet build`, as a project that refers to it meets it.</summary>
public class MSBuildTests(InstalledTool tool)
{
    private const string Canary = "c4nary-0f-the-3nvironment";

    [Fact]
    public async Task A_project_and_a_stack_are_published_to_a_registry_and_run_from_there()
    {
        await using var registry = await DebianRegistry.StartAsync(password: true);
        var folder = Folder("project = \"shop\"\n[services.app]\nbuild = \"./app\"\n[services.cache]\nimage = \"bolt://redis\"\n", "app");
        var login = new Dictionary<string, string> { ["DOCKER_CONFIG"] = Path.Combine(folder, "docker") };
        (await tool.RunAsync(folder, login, ["bolt", "login", "-u", DebianRegistry.User, "--password-stdin", registry.Host], DebianRegistry.Password)).Expect(0);

        string[] names = [$"-p:ContainerRegistry={registry.Host}", "-p:ContainerRepository=team/app", "-p:ContainerImageTags=1%3B2"];
        var published = (await tool.RunAsync(folder, login, ["build", "app", "-t:BoltPublish", .. names, "-getProperty:GeneratedContainerDigest", "-getItem:GeneratedContainerName", "-bl:publish.binlog"])).Expect(0);
        var answer = JsonDocument.Parse(published.Output).RootElement;
        Assert.Equal([$"{registry.Host}/team/app:1", $"{registry.Host}/team/app:2"],
            answer.GetProperty("Items").GetProperty("GeneratedContainerName").EnumerateArray().Select(i => i.GetProperty("Identity").GetString()));
        Assert.Equal(await DigestAsync(registry, "team/app", "2"), answer.GetProperty("Properties").GetProperty("GeneratedContainerDigest").GetString());
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.ASCII.GetBytes($"{DebianRegistry.User}:{DebianRegistry.Password}")), Log(folder, "publish.binlog"), StringComparison.Ordinal);

        // What is built is pushed, what comes from elsewhere is not; without a name of its own a service has the stack's.
        (await tool.RunAsync(folder, login, ["build", "app", "-t:BoltPush", $"-p:ContainerRegistry={registry.Host}"])).Expect(0);
        Assert.StartsWith("sha256:", await DigestAsync(registry, "shop/app", "latest"), StringComparison.Ordinal);
        Assert.Equal("", await DigestAsync(registry, "shop/cache", "latest"));

        (await tool.BoltAsync(folder, "rmi", $"{registry.Host}/team/app:1", $"{registry.Host}/team/app:2", $"{registry.Host}/shop/app:latest")).Expect(0);
        Assert.Equal("hello from app\n", (await tool.RunAsync(folder, login, ["bolt", "run", "--rm", $"{registry.Host}/team/app:1"])).Expect(0).Output);

        var homeless = (await tool.RunAsync(folder, login, ["build", "app", "-t:BoltPush"])).Expect(1);
        Assert.Contains("error BOLT2320: no registry is named for `app`", homeless.Output, StringComparison.Ordinal);
        var twice = (await tool.RunAsync(folder, login, ["build", "app", "-t:BoltPublish", "-p:ContainerImageTag=1", "-p:ContainerImageTags=2"])).Expect(1);
        Assert.Contains("error BOLT1905", twice.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_archive_is_written_that_loads()
    {
        var folder = Folder("project = \"shop\"\n[services.app]\nbuild = \"./app\"\n", "app");
        // The archive comes first, as with the SDK: nothing listens at that registry.
        (await DotnetAsync(folder, "build", "app", "-t:BoltPublish", "-p:ContainerRegistry=127.0.0.1:1", $"-p:ContainerArchiveOutputPath={folder}/out/")).Expect(0);
        Assert.Equal(["app.tar"], Directory.GetFileSystemEntries(Path.Combine(folder, "out")).Select(Path.GetFileName));
        (await tool.BoltAsync(folder, "rmi", "app")).Expect(0);
        Assert.Equal("docker.io/library/app:latest\n", (await tool.BoltAsync(folder, "load", "-i", "out/app.tar")).Expect(0).Output);
    }

    [Fact]
    public async Task Projects_of_a_graph_are_checked_side_by_side_and_the_log_holds_what_was_said_and_no_secret()
    {
        var folder = Folder("project = \"shop\"\n[services.web]\nimage = \"bolt://nginx\"\nprivileged = true\nenv = { TOKEN = \"${TOKEN}\" }\n", "top", "left", "right");
        var top = Path.Combine(folder, "top/top.csproj");
        File.WriteAllText(top, File.ReadAllText(top).Replace("</Project>",
            "<ItemGroup><ProjectReference Include=\"../left/left.csproj\" /><ProjectReference Include=\"../right/right.csproj\" /></ItemGroup></Project>", StringComparison.Ordinal));
        var secret = new Dictionary<string, string> { ["TOKEN"] = Canary };
        (await tool.RunAsync(folder, secret, ["restore", "top"])).Expect(0);
        var built = (await tool.RunAsync(folder, secret, ["build", "top", "--no-restore", "-graph", "-m", "-bl:graph.binlog;ProjectImports=ZipFile"])).Expect(0);
        Assert.Equal(3, Lines(built.Output, "Boltfile.toml(4,1,4,11): warning BOLT1014: ").Select(l => l[l.IndexOf('[', StringComparison.Ordinal)..]).Distinct().Count());
        var log = Log(folder, "graph.binlog");
        Assert.Contains("BOLT1014", log, StringComparison.Ordinal);
        Assert.Contains("BoltCheckBoltfile", log, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, log, StringComparison.Ordinal);
        using var imports = ZipFile.OpenRead(Path.Combine(folder, "graph.ProjectImports.zip"));
        Assert.DoesNotContain(imports.Entries, e => e.FullName.EndsWith("Boltfile.toml", StringComparison.Ordinal));

        File.AppendAllText(Path.Combine(folder, "Boltfile.toml"), "frobnicate = 1\n");
        var failed = (await tool.RunAsync(folder, secret, ["build", "top", "--no-restore", "-graph", "-m", "-bl:failed.binlog"])).Expect(1);
        Assert.NotEmpty(Lines(failed.Output, "Boltfile.toml(6,1,6,11): error BOLT1004: "));
        Assert.Contains("unknown key `frobnicate`", Log(folder, "failed.binlog"), StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, Log(folder, "failed.binlog"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_read_only_package_folder_is_enough()
    {
        var folder = Folder("project = \"shop\"\n[services.sh]\nimage = \"bolt://busybox\"\ncommand = [\"sleep\", \"1000000\"]\n", "app");
        (await DotnetAsync(folder, "restore", "app")).Expect(0);
        var package = Path.Combine(tool.NuGetFolder, "bolt.msbuild");
        // An ordinary user may not write there; root may anywhere, but for a mount of its own.
        var build = Environment.IsPrivilegedProcess
            ? "unshare --mount sh -c 'mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && ! touch \"$1/x\" 2>/dev/null && exec dotnet build app --no-restore -t:\"$2\"' sh \"$1\" \"$2\""
            : "chmod -R a-w \"$1\"; ! touch \"$1/x\" 2>/dev/null && dotnet build app --no-restore -t:\"$2\"";
        try
        {
            foreach (var target in (string[])["Rebuild", "BoltValidate", "BoltUp"])
            {
                (await tool.RunAsync(folder, new Dictionary<string, string>(), ["-c", build, "sh", package, target], program: "sh")).Expect(0);
            }
            Assert.Contains("\"state\":\"ready\"", (await tool.BoltAsync(folder, "ps", "--json")).Expect(0).Output, StringComparison.Ordinal);
            (await tool.RunAsync(folder, new Dictionary<string, string>(), ["-c", build, "sh", package, "BoltDown"], program: "sh")).Expect(0);
            Assert.Equal("", (await tool.BoltAsync(folder, "ps", "--json")).Expect(0).Output);
        }
        finally
        {
            await tool.RunAsync(folder, new Dictionary<string, string>(), ["-R", "u+w", package], program: "chmod");
        }
    }

    /// <summary>A folder with a Boltfile and console projects below that refer to the packed Bolt.MSBuild.</summary>
    private string Folder(string boltfile, params string[] projects)
    {
        var folder = tool.FreshFolder("msbuild");
        File.WriteAllText(Path.Combine(folder, "Boltfile.toml"), boltfile);
        File.WriteAllText(Path.Combine(folder, "nuget.config"), $"""<configuration><packageSources><add key="packed" value="{InstalledTool.Packages}" /></packageSources></configuration>""");
        foreach (var name in projects)
        {
            var project = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
            File.WriteAllText(Path.Combine(project, name + ".csproj"), """
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><InvariantGlobalization>true</InvariantGlobalization></PropertyGroup>
                  <ItemGroup><PackageReference Include="Bolt.MSBuild" Version="0.1.*" PrivateAssets="all" /></ItemGroup>
                </Project>
                """);
            File.WriteAllText(Path.Combine(project, "Program.cs"), $"System.Console.WriteLine(\"hello from {name}\");\n");
        }
        return folder;
    }

    private Task<ToolResult> DotnetAsync(string folder, params string[] arguments) => tool.RunAsync(folder, new Dictionary<string, string>(), arguments);

    private static string[] Lines(string output, string with) => [.. output.Split('\n').Where(l => l.Contains(with, StringComparison.Ordinal))];

    // A binary log is one gzip stream; its strings are UTF-8.
    private static string Log(string folder, string name)
    {
        using var packed = new GZipStream(File.OpenRead(Path.Combine(folder, name)), CompressionMode.Decompress);
        using var text = new StreamReader(packed, Encoding.Latin1);
        return text.ReadToEnd();
    }

    /// <summary>The digest that a tag leads to; empty when there is none.</summary>
    private static async Task<string> DigestAsync(DebianRegistry registry, string repository, string tag)
    {
        using var client = new HttpClient();
        using var ask = new HttpRequestMessage(HttpMethod.Head, $"http://{registry.Host}/v2/{repository}/manifests/{tag}");
        ask.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{DebianRegistry.User}:{DebianRegistry.Password}")));
        ask.Headers.Accept.ParseAdd("application/vnd.oci.image.manifest.v1+json");
        using var answer = await client.SendAsync(ask);
        return answer.IsSuccessStatusCode ? answer.Headers.GetValues("Docker-Content-Digest").Single() : "";
    }
}
