using System.Diagnostics;
using System.Reflection;
using Bolt.Runtime.Tests.Tidy;

namespace Bolt.Runtime.Tests.MSBuild;

/// <summary>The task and its targets, in a real MSBuild over a project without an SDK, which is the fastest there is.</summary>
public sealed class CheckBoltfileTests : IDisposable
{
    private const string Good = "project = \"p\"\n[services.web]\nimage = \"bolt://nginx\"\n";

    private static readonly string Task = typeof(CheckBoltfileTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == "TaskAssembly").Value!;

    private readonly string folder = Directory.CreateTempSubdirectory("bolt-msbuild-").FullName;

    public CheckBoltfileTests()
    {
        var targets = Path.Combine(Repository.Root, "src/Bolt.MSBuild/build/Bolt.MSBuild");
        File.WriteAllText(Path.Combine(folder, "p.proj"), $"""
            <Project DefaultTargets="CoreCompile">
              <PropertyGroup>
                <IntermediateOutputPath>obj/</IntermediateOutputPath>
                <BoltTaskAssembly>{Task}</BoltTaskAssembly>
              </PropertyGroup>
              <Import Project="{targets}.props" />
              <Target Name="CoreCompile"><Message Importance="high" Text="compiled" /></Target>
              <Target Name="CoreClean" />
              <Import Project="{targets}.targets" />
            </Project>
            """);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Errors_and_warnings_stand_at_file_line_and_column()
    {
        Write(Good + "image_name = \"x\"\nprivileged = true\n[services.web.storage]\nsize = \"lots\"\n");
        var (code, text) = await Build();
        Assert.Equal(1, code);
        Assert.Contains($"{folder}/Boltfile.toml(4,1,4,11): error BOLT1004: unknown key `image_name` in service `web` (fix: write `image`)", text, StringComparison.Ordinal);
        Assert.Contains("Boltfile.toml(7,8,7,14): error BOLT1006: ", text, StringComparison.Ordinal);
        Assert.Contains("Boltfile.toml(5,1,5,11): warning BOLT1014: ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("compiled", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_good_file_is_checked_once_until_it_changes()
    {
        Write(Good);
        Assert.Equal(0, (await Build()).Code);
        Assert.Contains("Skipping target \"BoltCheckBoltfile\"", (await Build()).Text, StringComparison.Ordinal);
        Write(Good + "frobnicate = 1\n");
        File.SetLastWriteTimeUtc(Path.Combine(folder, "Boltfile.toml"), DateTime.UtcNow.AddMinutes(1));
        var (code, text) = await Build();
        Assert.Equal(1, code);
        Assert.Contains("BOLT1004", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asked_for_by_name_it_is_checked_once_too_but_not_where_the_environment_may_have_changed()
    {
        Write(Good);
        Assert.Equal(0, (await Build("-t:BoltValidate")).Code);
        Assert.Contains("Skipping target \"BoltCheckBoltfile\"", (await Build("-t:BoltValidate", "-p:BoltCheckBoltfile=false")).Text, StringComparison.Ordinal);
        Write(Good + "hostname = \"${BOLT_TEST_HOST:-here}\"\n");
        File.SetLastWriteTimeUtc(Path.Combine(folder, "Boltfile.toml"), DateTime.UtcNow.AddMinutes(-1));
        File.Delete(Path.Combine(folder, "obj/Boltfile.checked"));
        Assert.Equal(0, (await Build("-t:BoltValidate")).Code);
        Assert.DoesNotContain("Skipping target", (await Build("-t:BoltValidate")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_tag_or_several_not_both()
    {
        var (code, text) = await Build("-t:BoltTags", "-p:ContainerImageTag=1", "-p:ContainerImageTags=2");
        Assert.Equal(1, code);
        Assert.Contains("error BOLT1905", text, StringComparison.Ordinal);
        Assert.Equal(0, (await Build("-t:BoltTags", "-p:ContainerImageTag=1")).Code);
    }

    [Fact]
    public async Task It_can_be_turned_off()
    {
        Write("nonsense");
        var (code, text) = await Build("-p:BoltCheckBoltfile=false");
        Assert.Equal(0, code);
        Assert.Contains("compiled", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_file_named_is_checked()
    {
        Write(Good);
        File.WriteAllText(Path.Combine(folder, "other.toml"), "project = \"p\"\nfrobnicate = 1\n");
        var project = Path.Combine(folder, "p.proj");
        File.WriteAllText(project, File.ReadAllText(project).Replace("</Project>", "<ItemGroup><Boltfile Include=\"other.toml\" /></ItemGroup></Project>", StringComparison.Ordinal));
        var (code, text) = await Build("-t:BoltValidate");
        Assert.Equal(1, code);
        Assert.Contains("other.toml(2,1,2,11): error BOLT1004", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_target_without_a_file_says_so()
    {
        var (code, text) = await Build("-t:BoltUp");
        Assert.Equal(1, code);
        Assert.Contains("error BOLT1901: there is no Boltfile.toml", text, StringComparison.Ordinal);
    }

    private void Write(string text) => File.WriteAllText(Path.Combine(folder, "Boltfile.toml"), text);

    private async Task<(int Code, string Text)> Build(params string[] more)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";
        var start = new ProcessStartInfo(dotnet, ["msbuild", "p.proj", "-nologo", "-v:n", "-nr:false", "-tl:off", .. more])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
        };
        start.Environment.Remove("MSBuildSDKsPath");
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, text);
    }
}
