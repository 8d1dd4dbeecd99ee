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
        var tools = new BuildTools(stores.Paths, stores.Content, stores.Trees, stores.Files, stores.Files.Ids, stores.Shim, wrapper, stores.Registry(),
            new Bolt.Trust.ImageTrust(null, stores.Paths, stores.Registry()));
        return (new DotnetProjectBuild(tools, async _ => new PreparedImage
        {
            Reference = DotnetProjectBuild.BaseRecipe,
            Id = Digest.Of([]),
            Layers = [await stores.Trees.UnpackAsync(Digest.Of(Base), () => new MemoryStream(Base), CancellationToken.None)],
        }), log);
    }
}
