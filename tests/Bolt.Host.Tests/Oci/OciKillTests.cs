using System.Text.Json.Nodes;

namespace Bolt.Host.Tests.Oci;

public sealed class OciKillTests : IDisposable
{
    private readonly Bundle _bundle = new();

    private OciPeer Bolt => OciPeer.Bolt(_bundle.Folder);

    [Fact]
    public void All_processes_are_killed_wherever_the_option_stands()
    {
        var config = _bundle.Config("exec >/dev/null 2>&1; sleep 1000 & sleep 1000");
        foreach (var words in (string[][])[["--all", "ID", "KILL"], ["ID", "KILL", "--all"], ["ID", "-a", "9"]])
        {
            var id = Start(config);
            var killed = Bolt.Call(["kill", .. words.Select(word => word == "ID" ? id : word)]);
            Assert.Equal(("", 0), (killed.Error, killed.Code));
            while ((string?)JsonNode.Parse(Bolt.Call("state", id).Output)!["status"] != "stopped")
            {
            }
            Assert.Equal(0, Bolt.Call("delete", id).Code);
        }
    }

    public void Dispose() => _bundle.Dispose();

    private string Start(JsonObject config)
    {
        _bundle.Write(config);
        var id = _bundle.NextId();
        var made = Bolt.Call("run", "-d", "--bundle", _bundle.Folder, id);
        Assert.True(made.Code == 0, made.Error);
        return id;
    }
}
