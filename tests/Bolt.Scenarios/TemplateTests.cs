namespace Bolt.Scenarios;

/// <summary>`dotnet new bolt` and its siblings from the packed templates, as a user meets them in an empty folder.</summary>
public class TemplateTests(InstalledTool tool)
{
    [Fact]
    public async Task The_packed_template_makes_a_stack_that_the_tool_plans_and_brings_up()
    {
        var folder = tool.FreshFolder("template");
        await tool.WithTemplatesAsync(folder, async () => (await DotnetAsync(folder, "new", "bolt", "-n", "My.Shop", "-o", ".", "--port", "9080", "--no-restore")).Expect(0));
        var text = File.ReadAllText(Path.Combine(folder, "Boltfile.toml"));
        Assert.Contains("project = \"my-shop\"", text, StringComparison.Ordinal);
        Assert.Contains("\"9080:80\"", text, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder, "Boltfile.toml")));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(folder, "api"), "*.csproj"));
        Assert.False(Directory.Exists(Path.Combine(folder, ".template.config")));
        await PlansAsync(folder, "web", "api", "db");
        // Any free port of the host, as the tests of others run beside.
        File.WriteAllText(Path.Combine(folder, "Boltfile.toml"), text.Replace("9080:80", "80", StringComparison.Ordinal));
        try
        {
            (await tool.BoltAsync(folder, "up", "-d")).Expect(0);
            var view = new StackView(System.Text.Json.JsonDocument.Parse((await tool.BoltAsync(folder, "ps", "--json")).Expect(0).Output).RootElement);
            Assert.Equal(["ready", "ready", "ready"], view.Services.Select(s => s.State));
            using var client = new HttpClient();
            Assert.Contains("<html", await client.GetStringAsync($"http://127.0.0.1:{view.Service("web").HostPort(80)}/", TestContext.Current.CancellationToken), StringComparison.OrdinalIgnoreCase);
        }
        finally
        {
            await tool.BoltAsync(folder, "down", "--volumes");
        }
    }

    [Fact]
    public async Task Web_projects_and_recipes_are_planned_as_their_options_say()
    {
        var (web, capsule) = (tool.FreshFolder("web"), tool.FreshFolder("capsule"));
        await tool.WithTemplatesAsync(web, async () =>
        {
            (await DotnetAsync(web, "new", "bolt-web", "-n", "My.Shop", "-o", ".", "--database", "postgres", "--port", "9123", "--no-restore")).Expect(0);
            (await DotnetAsync(capsule, "new", "bolt-capsule", "-n", "cache", "--debian-package", "memcached", "--port", "11311")).Expect(0);
        });
        var text = File.ReadAllText(Path.Combine(web, "Boltfile.toml"));
        Assert.Contains("project = \"my-shop\"", text, StringComparison.Ordinal);
        Assert.Contains("9123:8080", text, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(web, "web/My.Shop.csproj")));
        await PlansAsync(web, "web", "db");

        Assert.Contains("ready = { listen = 11311 }", File.ReadAllText(Path.Combine(capsule, "cache.capsule.toml")), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(capsule, "Boltfile.toml"), "project = \"c\"\n[services.cache]\ncapsule = \"./cache.capsule.toml\"\n");
        await PlansAsync(capsule, "cache");
    }

    [Fact]
    public async Task A_web_project_and_a_recipe_are_brought_up_together()
    {
        var folder = tool.FreshFolder("both");
        await tool.WithTemplatesAsync(folder, async () =>
        {
            (await DotnetAsync(folder, "new", "bolt-web", "-n", "Both", "-o", ".", "--no-restore")).Expect(0);
            (await DotnetAsync(folder, "new", "bolt-capsule", "-n", "memcached", "-o", ".")).Expect(0);
        });
        // The packed Bolt.MSBuild that the project refers to is not published anywhere yet.
        File.WriteAllText(Path.Combine(folder, "nuget.config"), $"""<configuration><packageSources><add key="packed" value="{InstalledTool.Packages}" /></packageSources></configuration>""");
        var boltfile = Path.Combine(folder, "Boltfile.toml");
        // Any free port of the host, as the tests of others run beside.
        File.WriteAllText(boltfile, File.ReadAllText(boltfile).Replace("8080:8080", "8080", StringComparison.Ordinal)
            + "\n[services.cache]\ncapsule = \"./memcached.capsule.toml\"\n");
        try
        {
            (await tool.BoltAsync(folder, "up", "-d")).Expect(0);
            var view = new StackView(System.Text.Json.JsonDocument.Parse((await tool.BoltAsync(folder, "ps", "--json")).Expect(0).Output).RootElement);
            using var client = new HttpClient();
            Assert.Equal("ok", await client.GetStringAsync($"http://127.0.0.1:{view.Service("web").HostPort(8080)}/health", TestContext.Current.CancellationToken));
        }
        finally
        {
            await tool.BoltAsync(folder, "down", "--volumes");
        }
    }

    [Fact]
    public async Task Tests_from_the_template_pass_and_their_build_checks_the_Boltfile()
    {
        var folder = tool.FreshFolder("tests");
        await tool.WithTemplatesAsync(folder, async () => (await DotnetAsync(folder, "new", "bolt-tests", "-n", "Shop.Tests", "-o", ".", "--no-restore")).Expect(0));
        (await DotnetAsync(folder, "restore", $"-p:RestoreAdditionalProjectSources={InstalledTool.Packages}")).Expect(0);
        var passed = (await DotnetAsync(folder, "test", "--no-restore")).Expect(0);
        Assert.DoesNotContain("warning", passed.Output, StringComparison.Ordinal);
        Assert.Contains("succeeded: 2", passed.Output, StringComparison.Ordinal);

        var boltfile = Path.Combine(folder, "Boltfile.toml");
        var text = File.ReadAllText(boltfile);
        File.WriteAllText(boltfile, text.Replace("services.db", "services.notes", StringComparison.Ordinal));
        var renamed = (await DotnetAsync(folder, "build", "--no-restore")).Expect(1);
        Assert.Contains("error CS1061: 'Stack' does not contain a definition for 'Db'", renamed.Output, StringComparison.Ordinal);

        File.WriteAllText(boltfile, text);
        File.AppendAllText(boltfile, "\nfrobnicate = 1\n");
        var failed = (await DotnetAsync(folder, "build", "--no-restore")).Expect(1);
        Assert.Contains("error BOLT1004", failed.Output, StringComparison.Ordinal);
    }

    private async Task PlansAsync(string folder, params string[] services)
    {
        var plan = (await tool.BoltAsync(folder, "up", "--dry-run")).Expect(0).Output;
        Assert.All(services, service => Assert.Contains($"start {service}", plan, StringComparison.Ordinal));
    }

    private Task<ToolResult> DotnetAsync(string folder, params string[] arguments) => tool.RunAsync(folder, new Dictionary<string, string>(), arguments);
}
