using System.Text;
using Bolt.Builds;
using Bolt.Diagnostics;
using Bolt.Runtime.Tests.Storage;
using Bolt.Storage;

namespace Bolt.Runtime.Tests.Builds;

public sealed class DotnetProjectTests : IDisposable
{
    private readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    [Theory]
    [InlineData("BOLT2302", "./gone")]
    [InlineData("BOLT2303", "./empty")]
    [InlineData("BOLT2303", "./docker")]
    [InlineData("BOLT2304", "./two")]
    public void A_folder_without_its_one_project_is_explained(string code, string written)
    {
        Write("empty/readme.txt");
        Write("docker/Dockerfile");
        Write("two/a.csproj");
        Write("two/b.fsproj");
        Assert.Equal(code, Assert.Throws<BoltException>(() => DotnetProject.Find(written, temporary.Path)).Diagnostic.Code);
    }

    [Fact]
    public void A_project_is_found_by_folder_or_file()
    {
        Write("api/api.csproj");
        Assert.Equal(temporary.At("api/api.csproj"), DotnetProject.Find("./api", temporary.Path).File);
        Assert.Equal(temporary.At("api/api.csproj"), DotnetProject.Find("api/api.csproj", temporary.Path).File);
    }

    [Fact]
    public void The_fingerprint_follows_what_is_built_and_nothing_else()
    {
        Write("api/api.csproj");
        Write("api/Program.cs", "one");
        var first = Fingerprint();
        Write("api/bin/api.dll");
        Write("api/obj/project.assets.json");
        Write("api/bolt.lock");
        Assert.Equal(first, Fingerprint());
        Write("api/Program.cs", "two");
        var second = Fingerprint();
        Assert.NotEqual(first, second);
        Write("Directory.Build.props");
        var third = Fingerprint();
        Assert.NotEqual(second, third);
        Write("shared/Extra.cs");
        Assert.NotEqual(third, Fingerprint(new DotnetProjectInputs([temporary.At("shared")], [])));
        Assert.NotEqual(third, Fingerprint(new DotnetProjectInputs([], [temporary.At("shared/Extra.cs")])));
    }

    [Fact]
    public void What_the_build_says_about_the_project_is_read()
    {
        var project = new DotnetProject("./api", "/src/api/api.csproj");
        var facts = DotnetProjectFacts.Read(project, Encoding.UTF8.GetBytes("""
            {"Properties":{"AssemblyName":"api","OutputType":"Exe","TargetFramework":"net10.0","UsingMicrosoftNETSdkWeb":"true","NETCoreSdkVersion":"10.0.401","ContainerUser":"","ContainerWorkingDirectory":"/srv/"},
             "Items":{"ContainerPort":[],"ContainerEnvironmentVariable":[{"Identity":"ASPNETCORE_URLS","Value":"http://+:5000;https://*:5001"}],
             "RuntimePackAsset":[{"Identity":"/p/System.dll","DestinationSubPath":"System.dll","FullPath":"/p/System.dll"}],
             "ReferencePath":[{"Identity":"/src/lib/bin/lib.dll","MSBuildSourceProjectFile":"/src/lib/lib.csproj"},{"Identity":"/sdk/System.dll"}],
             "Compile":[{"Identity":"Program.cs","FullPath":"/src/api/Program.cs"},{"Identity":"../Shared.cs","FullPath":"/src/Shared.cs"}]}}
            """));
        Assert.True(facts.Web);
        Assert.Equal(["5000/tcp", "5001/tcp"], facts.ListeningPorts());
        Assert.Equal(["/src/api", "/src/lib"], facts.Inputs.Folders);
        Assert.Equal(["/src/Shared.cs"], facts.Inputs.Files);
        Assert.Equal("/p/System.dll", facts.FrameworkFiles["System.dll"]);
        Assert.Equal(["8080/tcp"], (facts with { Environment = [] }).ListeningPorts());
    }

    [Fact]
    public void Compiler_errors_keep_their_place()
    {
        Write("api/Program.cs", "first\nvar x = ;\n");
        var failed = BuildErrors.Failed("./api",
        [
            $"{temporary.At("api/Program.cs")}(2,9): error CS1525: Invalid expression term ';' [/src/api/api.csproj]",
            $"{temporary.At("api/Program.cs")}(2,9): error CS1525: Invalid expression term ';' [/src/api/api.csproj]",
            "/src/api/api.csproj : error NU1101: Unable to find package Nowhere [/src/api/api.csproj]",
        ]);
        Assert.Equal(("BOLT2312", "CS1525: Invalid expression term ';'"), (failed.Code, failed.Cause!.Message));
        Assert.Equal((2, 9, "var x = ;"), (failed.At!.Line, failed.At.Column, failed.At.LineText));
        Assert.Equal("NU1101: Unable to find package Nowhere", failed.Cause.Cause!.Message);
        Assert.Null(failed.Cause.Cause.Cause);
    }

    [Fact]
    public async Task Equal_files_make_equal_layers()
    {
        Write("out/api", "\u007fELF program");
        Write("out/api.dll", "code");
        Write("out/System.dll", "runtime");
        Write("pack/System.dll", "runtime");
        var facts = new DotnetProjectFacts
        {
            AssemblyName = "api",
            OutputType = "Exe",
            TargetFramework = "net10.0",
            SdkVersion = "10.0.401",
            Web = true,
            FrameworkFiles = DotnetProjectFacts.Read(new DotnetProject(".", "/p.csproj"), Encoding.UTF8.GetBytes(
                $$$"""{"Properties":{},"Items":{"RuntimePackAsset":[{"DestinationSubPath":"System.dll","FullPath":"{{{temporary.At("pack/System.dll")}}}"}]}}""")).FrameworkFiles,
        };
        var content = new ContentStore(new StoragePaths(temporary.At("state"), "", ""));
        var layers = new DotnetProjectLayers(content, temporary.Path);
        var first = await layers.OfSelfContainedAsync(temporary.At("out"), facts, CancellationToken.None);
        File.SetLastWriteTimeUtc(temporary.At("out/api.dll"), DateTime.UnixEpoch);
        Assert.Equal(first, await layers.OfSelfContainedAsync(temporary.At("out"), facts, CancellationToken.None));
        Assert.Equal(2, first.Length);
        Write("out/api.dll", "other");
        var second = await layers.OfSelfContainedAsync(temporary.At("out"), facts, CancellationToken.None);
        Assert.Equal(first[0], second[0]);
        Assert.NotEqual(first[1], second[1]);
    }

    [Theory]
    [InlineData("./image", "/base/image", null, true)]
    [InlineData("./image:v1", "/base/image", "v1", true)]
    [InlineData("oci:image:v1", "/base/image", "v1", true)]
    [InlineData("/abs/image", "/abs/image", null, true)]
    [InlineData("nginx:latest", null, null, false)]
    [InlineData("127.0.0.1:5000/app", null, null, false)]
    public void A_layout_is_told_from_a_name(string text, string? folder, string? tag, bool named)
    {
        var parsed = LayoutImage.Parse(text, "/base");
        Assert.Equal(named, parsed is not null);
        Assert.Equal((folder, tag), (parsed?.Folder, parsed?.Tag));
    }

    [Theory]
    [InlineData("", 15)]
    [InlineData("SIGQUIT", 3)]
    [InlineData("INT", 2)]
    [InlineData("10", 10)]
    [InlineData("SIGRTMIN+3", 37)]
    [InlineData("nonsense", 15)]
    public void Stop_signals_are_names_or_numbers(string text, int number) => Assert.Equal(number, OciSignal.Number(text));

    private string? Fingerprint(DotnetProjectInputs? inputs = null) =>
        DotnetProjectFingerprint.Of(DotnetProject.Find("./api", temporary.Path), inputs ?? new DotnetProjectInputs([], []), ["salt"], out _);

    private void Write(string name, string content = "")
    {
        Directory.CreateDirectory(Path.GetDirectoryName(temporary.At(name))!);
        File.WriteAllText(temporary.At(name), content);
    }
}
