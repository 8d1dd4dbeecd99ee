using System.Formats.Tar;
using Bolt.Builds;
using Bolt.Diagnostics;
using Bolt.Host.Tests.Storage;
using Bolt.Storage;

namespace Bolt.Host.Tests.Builds;

public class DotnetProjectBuildTests
{
    private static readonly byte[] Base = Stores.Tar(Stores.Entry(TarEntryType.Directory, "etc", 0x1ed));

    [Fact]
    public async Task A_project_is_built_once_until_it_changes()
    {
        await using var stores = new Stores();
        var folder = Project(stores.Folder, "System.Console.WriteLine(\"hello\");");
        var (build, log) = Build(stores);

        var first = await build.PrepareAsync("./app", stores.Folder, false, null, CancellationToken.None);
        Assert.Equal(["/app/app"], first.Entrypoint);
        Assert.Equal("/app", first.WorkingDirectory);
        Assert.Equal(3, first.Layers.Length);
        Assert.True(File.Exists(first.Layers[^1] + "/app/app.dll"));
        Assert.True(File.Exists(first.Layers[^2] + "/app/libcoreclr.so"));
        Assert.Equal(stores.Expected(0, 0, 0x1ed), Stores.Owner(first.Layers[^1] + "/app/app"));
        Assert.Equal(["Program.cs", "app.csproj"], Directory.GetFileSystemEntries(folder).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));

        var second = await build.PrepareAsync("./app", stores.Folder, true, null, CancellationToken.None);
        Assert.Equal(first.Id, second.Id);
        Assert.Single(await File.ReadAllLinesAsync(log));

        // Built anew from the same text: the same bits.
        Directory.Delete(Path.Combine(stores.Paths.State, "builds"), recursive: true);
        Assert.Equal(first.Id, (await build.PrepareAsync("./app", stores.Folder, false, null, CancellationToken.None)).Id);

        await File.WriteAllTextAsync(folder + "/Program.cs", "System.Console.WriteLine(");
        var thrown = await Assert.ThrowsAsync<BoltException>(() => build.PrepareAsync("./app", stores.Folder, false, null, CancellationToken.None));
        Assert.Equal("BOLT2312", thrown.Diagnostic.Code);
        Assert.Equal((folder + "/Program.cs", 1), (thrown.Diagnostic.At!.File, thrown.Diagnostic.At.Line));
        Assert.Equal(3, (await File.ReadAllLinesAsync(log)).Length);
    }

    [Fact]
    public async Task A_project_says_what_it_stands_on_how_it_is_published_and_what_it_is_called()
    {
        await using var stores = new Stores();
        var folder = Project(stores.Folder, "System.Console.WriteLine(\"hello\");");
        await File.WriteAllTextAsync(folder + "/app.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><SelfContained>false</SelfContained>
                <ContainerBaseImage>my/base:1</ContainerBaseImage><ContainerRepository>team/app</ContainerRepository><ContainerImageTags>1;2</ContainerImageTags>
                <ContainerUser>7:8</ContainerUser><ContainerWorkingDirectory>/srv/</ContainerWorkingDirectory>
              </PropertyGroup>
              <ItemGroup>
                <ContainerPort Include="81" /><ContainerEnvironmentVariable Include="A" Value="1" /><ContainerLabel Include="l" Value="v" />
                <ContainerAppCommandArgs Include="--serve" />
              </ItemGroup>
            </Project>
            """);
        var asked = new List<string>();
        var tools = Tools(stores);
        var build = new DotnetProjectBuild(tools, _ => BaseAsync(stores), name =>
        {
            asked.Add(name);
            return BaseAsync(stores);
        });
        var image = await build.PrepareAsync("./app", stores.Folder, false, null, CancellationToken.None);
        Assert.Equal(["my/base:1"], asked);
        Assert.Equal(["dotnet", "/app/app.dll", "--serve"], image.Entrypoint);
        Assert.Equal(("7:8", "/srv", 81), (tools.Ids.Single ? "7:8" : image.User, image.WorkingDirectory, image.ExposedPorts.Single()));
        Assert.Contains("A=1", image.Environment);
        // The base, and the project's files alone.
        Assert.Equal(2, image.Layers.Length);
        Assert.False(File.Exists(image.Layers[1] + "/app/libcoreclr.so"));
        Assert.True(File.Exists(image.Layers[1] + "/app/app.dll"));
        await stores.Content.WriteAsync(new MemoryStream(Base), null, CancellationToken.None);
        var saved = await new PreparedSave(tools).SaveAsync(image, image.Names, CancellationToken.None);
        Assert.Equal(["docker.io/team/app:1", "docker.io/team/app:2"], saved.Select(s => s.Reference));
        Assert.Equal("v", saved[0].Config.Labels["l"]);
        // An edit moves the small layer alone.
        await File.WriteAllTextAsync(folder + "/Program.cs", "System.Console.WriteLine(\"other\");");
        var edited = await build.PrepareAsync("./app", stores.Folder, false, null, CancellationToken.None);
        Assert.Equal(image.Layers[0], edited.Layers[0]);
        Assert.NotEqual(image.Layers[1], edited.Layers[1]);
    }

    private static string Project(string folder, string program)
    {
        var project = Directory.CreateDirectory(folder + "/app").FullName;
        File.WriteAllText(project + "/app.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
            </Project>
            """);
        File.WriteAllText(project + "/Program.cs", program);
        return project;
    }

    // The base is another test's matter; a dotnet that writes down each of its starts stands before the real one.
    private static (DotnetProjectBuild Build, string Log) Build(Stores stores)
    {
        var log = stores.Folder + "/starts";
        var real = DotnetHost.Find(null) ?? throw new InvalidOperationException("dotnet is not in PATH");
        var wrapper = stores.Folder + "/dotnet";
        File.WriteAllText(wrapper, $"#!/bin/sh\necho start >> '{log}'\nexec '{real.Program}' \"$@\"\n");
        File.SetUnixFileMode(wrapper, (UnixFileMode)0x1ed);
        return (new DotnetProjectBuild(Tools(stores) with { DotnetPath = wrapper }, _ => BaseAsync(stores)), log);
    }

    private static BuildTools Tools(Stores stores) =>
        new(stores.Paths, stores.Content, stores.Trees, stores.Files, stores.Files.Ids, stores.Shim, null, stores.Registry(),
            new Bolt.Trust.ImageTrust(null, stores.Paths, stores.Registry()));

    private static async Task<PreparedImage> BaseAsync(Stores stores) => new()
    {
        Reference = DotnetProjectBuild.BaseRecipe,
        Id = Digest.Of([]),
        Layers = [await stores.Trees.UnpackAsync(Digest.Of(Base), () => new MemoryStream(Base), CancellationToken.None)],
    };
}
