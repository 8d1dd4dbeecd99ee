namespace Bolt.Host.Tests.Oci;

public sealed class OciTerminalTests : IDisposable
{
    private readonly Bundle _bundle = new();

    /// <summary>The first look is enough: an interactive program draws by it.</summary>
    [Fact]
    public void A_command_finds_the_size_of_its_terminal_set()
    {
        _bundle.Write(_bundle.Config("exec >/dev/null 2>&1; sleep 1000"));
        var id = _bundle.NextId();
        var bolt = OciPeer.Bolt(_bundle.Folder);
        Assert.Equal(0, bolt.Call("run", "-d", "--bundle", _bundle.Folder, id).Code);
        try
        {
            for (var i = 0; i < 5; i++)
            {
                // script(1) gives the shell a terminal; $@ is the runtime.
                var answer = bolt.Behind("sh", "-c", "line=\"stty rows 33 cols 77; '$1' $2 $3 '$4' $5 $6 $7 stty size\"; exec script -qec \"$line\" /dev/null", "sh")
                    .Call("exec", "-t", id);
                // script(1) shows the end of its own input as ^@.
                Assert.Equal((0, "33 77"), (answer.Code, answer.Output.Replace("^@", "", StringComparison.Ordinal).Trim('\0', '\b', '\r', '\n')));
            }
        }
        finally
        {
            _ = bolt.Call("delete", "--force", id);
        }
    }

    public void Dispose() => _bundle.Dispose();
}
