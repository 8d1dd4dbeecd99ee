using System.Diagnostics;
using System.Text.Json;

namespace Bolt.Scenarios;

/// <summary>A test of the template fails; what it attached is brought up by the packed tool.</summary>
public class ReplayTests(InstalledTool tool)
{
    [Fact]
    public async Task The_snapshot_of_a_failed_test_is_replayed_until_an_interrupt()
    {
        var folder = tool.FreshFolder("replay");
        await tool.WithTemplatesAsync(folder, async () => (await DotnetAsync(folder, "new", "bolt-tests", "-n", "Shop.Tests", "-o", ".", "--no-restore")).Expect(0));
        var tests = Path.Combine(folder, "NoteTests.cs");
        var text = File.ReadAllText(tests);
        var broken = text.Replace("Assert.Equal(1,", "Assert.Equal(7,", StringComparison.Ordinal);
        Assert.NotEqual(text, broken);
        File.WriteAllText(tests, broken);
        (await DotnetAsync(folder, "restore", $"-p:RestoreAdditionalProjectSources={InstalledTool.Packages}")).Expect(0);
        await DotnetAsync(folder, "test", "--no-restore", "--report-xunit-trx", "--results-directory", "results");
        var snapshot = Assert.Single(Directory.GetFiles(Path.Combine(folder, "results"), "stack.bolt*", SearchOption.AllDirectories).Take(1));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(folder, "results"), "stack.log*", SearchOption.AllDirectories));

        using var bolt = tool.Start(folder, new Dictionary<string, string>(), ["bolt", "replay", "--json", snapshot]);
        JsonElement? endpoint = null;
        var events = 0;
        while (endpoint is null && await bolt.StandardOutput.ReadLineAsync() is { } line)
        {
            var read = JsonDocument.Parse(line).RootElement;
            if (read.GetProperty("event").GetString() == "endpoint") endpoint = read;
            else events++;
        }
        Assert.True(endpoint is not null && events > 0, endpoint is null ? await bolt.StandardError.ReadToEndAsync() : "no events");
        var id = endpoint!.Value.GetProperty("stack").GetString()!;
        var counted = await tool.BoltAsync(folder, "exec", "--stack", id, "db", "sh", "-c", "psql -h /run/postgresql -U app -d app -Atc 'SELECT count(*) FROM notes'");
        Assert.Equal("1\n", counted.Expect(0).Output);
        // A terminal's Ctrl-C reaches the tool itself; `dotnet` in front of it passes no signal on.
        var view = (await tool.BoltAsync(folder, "ps", "--all", "--json")).Expect(0).Output.Split('\n').Where(l => l.Contains(id, StringComparison.Ordinal)).Select(l => new StackView(JsonDocument.Parse(l).RootElement)).Single();
        using (var interrupt = Process.Start("kill", ["-INT", $"{view.Owner}"])) await interrupt.WaitForExitAsync();
        await bolt.WaitForExitAsync();
        Assert.Equal(0, bolt.ExitCode);
        Assert.DoesNotContain(id, (await tool.BoltAsync(folder, "ps", "--all")).Expect(0).Output, StringComparison.Ordinal);
    }

    private Task<ToolResult> DotnetAsync(string folder, params string[] arguments) => tool.RunAsync(folder, new Dictionary<string, string>(), arguments);
}
