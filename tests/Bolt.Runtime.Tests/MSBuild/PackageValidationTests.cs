using System.Diagnostics;
using Bolt.Runtime.Tests.Tidy;

namespace Bolt.Runtime.Tests.MSBuild;

/// <summary>What every package here is packed with (build/Package.targets), against a version before it.</summary>
public sealed class PackageValidationTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("bolt-validation-").FullName;

    public PackageValidationTests()
    {
        File.WriteAllText(Path.Combine(folder, "nuget.config"), $"""<configuration><packageSources><add key="before" value="{folder}/feed" /></packageSources></configuration>""");
        Directory.CreateDirectory(Path.Combine(folder, "feed"));
        File.WriteAllText(Path.Combine(folder, "README.md"), "# Sample\n");
        File.WriteAllText(Path.Combine(folder, "Bolt.Sample.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <Import Project="{Repository.Root}/build/Bolt.props" />
              <PropertyGroup><RestorePackagesWithLockFile>false</RestorePackagesWithLockFile><RestorePackagesPath>{folder}/packages</RestorePackagesPath></PropertyGroup>
              <Import Project="{Repository.Root}/build/Package.targets" />
            </Project>
            """);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_public_member_that_goes_is_an_error_against_the_version_before()
    {
        Write("public static int Kept() => 1; public static int Removed() => 2;");
        Assert.Equal(0, (await PackAsync("1.0.0", "feed")).Code);
        Write("public static int Kept() => 1; public static int Removed() => 2; public static int Added() => 3;");
        var (code, text) = await PackAsync("1.1.0", "out", "-p:BoltBaseline=1.0.0");
        Assert.True(code == 0, text);
        Write("public static int Kept() => 1;");
        (code, text) = await PackAsync("1.2.0", "out", "-p:BoltBaseline=1.0.0");
        Assert.Equal(1, code);
        Assert.Contains("error CP0002: Member 'int Bolt.Sample.Thing.Removed()' exists on [Baseline]", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Kept", text, StringComparison.Ordinal);
        // Without a version before nothing is compared.
        Assert.Equal(0, (await PackAsync("1.2.0", "out")).Code);
    }

    private void Write(string members) => File.WriteAllText(Path.Combine(folder, "Thing.cs"), $"namespace Bolt.Sample;\n\npublic static class Thing {{ {members} }}\n");

    private async Task<(int Code, string Text)> PackAsync(string version, string output, params string[] more)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";
        var start = new ProcessStartInfo(dotnet, ["pack", "-nologo", "-v:q", "-tl:off", "-nodeReuse:false", "-p:UseSharedCompilation=false", $"-p:Version={version}", "-o", Path.Combine(folder, output), .. more])
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
