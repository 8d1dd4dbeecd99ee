namespace Bolt.Scenarios;

/// <summary>`dotnet new bolt` from the packed template, as a user meets it in an empty folder.</summary>
public class TemplateTests(InstalledTool tool)
{
    [Fact]
    public async Task The_packed_template_makes_a_stack_that_the_tool_plans()
    {
        var folder = tool.FreshFolder("template");
        var packed = Assert.Single(Directory.GetFiles(InstalledTool.Packages, "Bolt.Templates.*.nupkg"));
        (await DotnetAsync(folder, "new", "install", packed)).Expect(0);
        try
        {
            (await DotnetAsync(folder, "new", "bolt")).Expect(0);
        }
        finally
        {
            await DotnetAsync(folder, "new", "uninstall", "Bolt.Templates");
        }
        Assert.True(File.Exists(Path.Combine(folder, "Boltfile.toml")));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(folder, "api"), "*.csproj"));
        Assert.False(Directory.Exists(Path.Combine(folder, ".template.config")));
        var plan = (await tool.BoltAsync(folder, "up", "--dry-run")).Expect(0).Output;
        Assert.All(["web", "api", "db"], service => Assert.Contains($"start {service}", plan, StringComparison.Ordinal));
    }

    private Task<ToolResult> DotnetAsync(string folder, params string[] arguments) => tool.RunAsync(folder, new Dictionary<string, string>(), arguments);
}
