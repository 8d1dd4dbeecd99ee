using Bolt.Surge;

namespace Bolt.Tool.Terminal;

/// <summary>Log lines behind the name of their service, one colour for each.</summary>
internal sealed class LogView
{
    private static readonly string[] Hues = ["\e[36m", "\e[33m", "\e[32m", "\e[35m", "\e[34m", "\e[96m", "\e[93m", "\e[92m", "\e[95m", "\e[94m"];
    private readonly Screen _screen;
    private readonly bool _json;
    private readonly string[] _names;
    private readonly int _width;

    public LogView(Screen screen, IEnumerable<string> services, bool json)
    {
        _screen = screen;
        _json = json;
        _names = [.. services];
        _width = _names.Select(n => n.Length).Append(1).Max();
    }

    public void Show(LogLine line)
    {
        if (_json)
        {
            _screen.Data(StackJson.Write(line));
            return;
        }
        var hue = Hues[Math.Max(0, Array.IndexOf(_names, line.Service)) % Hues.Length];
        var pen = _screen.DataPen;
        pen.Line($"{pen.Tint($"{line.Service.PadRight(_width)} |", hue)} {line.Text}");
    }
}
