namespace Bolt.Tool.Terminal;

/// <summary>Writes whole lines to one of the two streams, with colour only when a person sees them.</summary>
internal sealed class Pen(TextWriter writer, bool color)
{
    public const string Bold = "\e[1m";
    public const string Dim = "\e[2m";
    public const string Red = "\e[31m";
    public const string Green = "\e[32m";
    public const string Yellow = "\e[33m";
    public const string Cyan = "\e[36m";
    private const string Reset = "\e[0m";

    /// <summary>Colours repeat what the words say; without them nothing is lost.</summary>
    public bool Color { get; } = color;

    public string Tint(string text, string escape) => Color ? escape + text + Reset : text;

    // One write per line: logs of several services and events come from several threads.
    public void Line(string text)
    {
        lock (writer)
        {
            writer.Write(text + "\n");
            writer.Flush();
        }
    }
}
